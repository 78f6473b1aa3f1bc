"""The basic recipe: what to try next, as a patch of the spec.

The order is the course's: a network that trains at all, then bias until it is low, then variance, then look at bias again. A
patch turns one knob; only a bigger network brings L2 with it, since size without regularization buys variance.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dlrun.diagnosis.ladder import Diagnosis

FIRST_L2 = 1.0  # λ, with the penalty λ/(2·batch size): enough to be seen, far from too much
STRONGER = 4


@dataclass(frozen=True)
class Advice:
    """One next experiment: why, which keys change, and what will be seen if it works. No patch: look at test instead."""

    reason: str
    patch: dict[str, str] = field(default_factory=dict)


def next_experiment(diagnosis: Diagnosis, *, hidden: Sequence[int], plain: bool, l2: float, seed: int) -> Advice:
    """Return the first thing to try for a diagnosis.

    hidden holds the units of each layer; plain says that no layer has settings of its own, which a new list would drop.
    """
    if found := next((found for found in diagnosis.findings if found.patch), None):
        return Advice(f"{found.title}: {found.words}", dict(found.patch))
    if "high_bias" in diagnosis.verdict:
        wider = [2 * units for units in hidden] or [32]
        if plain:
            patch = {"architecture.hidden": f"[{','.join(map(str, wider))}]"}
        else:
            patch = {f"architecture.hidden.{k}.units": str(units) for k, units in enumerate(wider)}
        if l2 == 0:
            patch["regularization.l2"] = "0.1"
        return Advice("high bias: a bigger network fits the training set better; l2 keeps its variance down", patch)
    if "high_variance" in diagnosis.verdict and diagnosis.mismatch_is_possible:
        reason = "dev is unlike train: a train-dev part tells whether this is variance or data mismatch"
        return Advice(reason, {"data.train_dev": "10%"})
    if "high_variance" in diagnosis.verdict:
        stronger = f"{l2 * STRONGER or FIRST_L2:g}"
        reason = "high variance: more regularization; expect the train error to rise a little"
        return Advice(reason, {"regularization.l2": stronger})
    if "data_mismatch" in diagnosis.verdict:
        return Advice("data mismatch: look at what is unlike between train and dev, and train on examples that are more like dev")
    if diagnosis.variance is None:
        return Advice("variance is unknown: a dev part would show it", {"data.split.dev": "20%"})
    gaps = (diagnosis.avoidable_bias, diagnosis.variance, diagnosis.data_mismatch)
    if any(gap is not None and gap.status == "inconclusive" for gap in gaps):
        return Advice("inconclusive: another seed shows how much of this is chance", {"seed": str(seed + 1)})
    return Advice("nothing is wrong on train and dev: the test part has the unbiased error, look once")
