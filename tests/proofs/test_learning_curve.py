"""Learning curves that were planted: how often the limits of the fitted law hold what is true, and flat ones are called flat."""

import numpy as np
import pytest

from dlrun.statistics.intervals import wilson
from dlrun.statistics.power_law import PowerLawFit, fit_power_law
from tests.proofs.counting import FULL, RecordProperty, cases, proof

SHARES = np.array([0.1, 0.2, 0.35, 0.5, 0.7, 1.0])
M = 1_000
SIZES = [round(M * share) for share in SHARES]
LAWS = [(a, s, c) for a in (0.0, 0.02, 0.1) for s, c in ((0.05, 0.5), (0.1, 0.3), (0.03, 1.0))]  # e(m) = a + s (m/M)^(−c)
DEV = (500, 5_000)


@pytest.mark.proof
def test_a_planted_law_is_found(record_property: RecordProperty) -> None:
    rng = np.random.default_rng() if FULL else np.random.default_rng(8)
    bar = "a, b, c, and what 2 m and 10 m would take off, each in ≥ 90 % of the curves that were fitted"
    with proof(record_property, "a planted power law lies within the limits of a learning curve", bar=bar) as row:
        held, fitted = dict.fromkeys(("a", "b", "c", "2 m", "10 m"), 0), 0
        for a, s, c in LAWS:
            truth = {"a": a, "b": s * M**c, "c": c, "2 m": s * (1 - 2**-c), "10 m": s * (1 - 10**-c)}
            for n in DEV:
                for _ in range(cases(60, 6)):
                    row.cases += 1
                    errors = [wilson(int(rng.binomial(n, a + s * share**-c)), n) for share in SHARES]
                    found = fit_power_law(SIZES, errors, seed=int(rng.integers(2**31)))
                    if not isinstance(found, PowerLawFit):
                        continue
                    fitted += 1
                    limits = {"a": found.a, "b": found.b, "c": found.c, "2 m": found.fall(2), "10 m": found.fall(10)}
                    held = {name: held[name] + (limits[name].low <= truth[name] <= limits[name].high) for name in held}
        shares = {name: count / fitted for name, count in held.items()}
        row.figure = ", ".join(f"{name} {100 * share:.1f} %" for name, share in shares.items()) + f" of {fitted:,} fitted"
        assert min(shares.values()) >= 0.9
        assert fitted >= 0.9 * row.cases


@pytest.mark.proof
def test_a_flat_curve_is_called_flat(record_property: RecordProperty) -> None:
    rng = np.random.default_rng() if FULL else np.random.default_rng(9)
    with proof(record_property, "where more data buys nothing, no law is fitted", bar="called flat in ≥ 95 %") as row:
        flat = 0
        for n in DEV:
            for p in (0.02, 0.1, 0.4):
                for _ in range(cases(200, 20)):
                    row.cases += 1
                    errors = [wilson(int(rng.binomial(n, p)), n) for _ in SHARES]
                    flat += fit_power_law(SIZES, errors, seed=int(rng.integers(2**31))) == "flat"
        row.figure = f"called flat in {100 * flat / row.cases:.1f} %"
        assert flat >= 0.95 * row.cases
