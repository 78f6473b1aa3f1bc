"""The checks of the data: all that there are, what they found, and when that ends an experiment before it runs."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, get_args

from dlrun.data.checks import classes_in_parts, equal_rows, extreme_values
from dlrun.data.choosing import Chosen
from dlrun.data.findings import SCHEMA, Checks, Finding, Severity
from dlrun.data.preprocessing import Normalization, Standard
from dlrun.data.splits import Splits
from dlrun.drift import drift
from dlrun.errors import DlrunError, InvalidInput, Problem, raise_all
from dlrun.experiment.threads import pinned
from dlrun.rundir.files import read_json
from dlrun.rundir.paths import RunPaths
from dlrun.spec.sections import Data

LONGEST = 10_000  # characters of a message
MOST_BYTES = 4 * 2**20  # of checks.json; a thousand columns take a tenth of a mebibyte


def check(data: Data, chosen: Chosen, splits: Splits, seed: int) -> tuple[Finding, ...]:
    """Return what the checks found; under `strict`, raise InvalidInput with all of them that are errors."""
    if data.checks == "off":
        return ()
    with pinned(1):  # small products are faster so, and the same bits on every machine
        findings = tuple(_findings(data, chosen, splits, seed))
    if data.checks == "strict":
        raise_all(Problem(what=found.message, cure=found.cure) for found in findings if found.severity == "error")
    return findings


def _findings(data: Data, chosen: Chosen, splits: Splits, seed: int) -> Iterator[Finding]:
    yield from equal_rows(chosen.selections, chosen.labels, regression=chosen.regression)
    if chosen.classes:
        yield from classes_in_parts(chosen.labels, chosen.classes)
    yield from drift(chosen.selections, chosen.labels, splits.preparation.inputs, seed, regression=chosen.regression)
    if standard := _standard(data, chosen, splits):
        yield from extreme_values(chosen.selections, standard)


def _standard(data: Data, chosen: Chosen, splits: Splits) -> Normalization | None:
    """Return what `normalize: standard` measures on train; None for numbers too large to have a finite deviation."""
    if isinstance(data.normalize, Standard):
        return splits.normalization
    imputation = splits.preparation.imputation
    try:
        return Standard().fit(replace(chosen.selections["train"], fill=imputation.fill if imputation else None))
    except InvalidInput:
        return None


def checks_json(checks: Checks, findings: Iterable[Finding]) -> dict[str, Any]:
    """Return checks.json."""
    return {"schema": SCHEMA, "checks": checks, "findings": [found.to_json() for found in findings]}


def stored_findings(paths: RunPaths) -> tuple[Finding, ...]:
    """Return what the checks of a run found; nothing for a run from before there were checks.

    Errors: DlrunError if the file is damaged, or a newer dlrun wrote it.
    """
    if not paths.checks.exists():
        return ()
    tree = read_json(paths.checks, MOST_BYTES)
    try:
        if tree["schema"] != SCHEMA:
            raise DlrunError(
                f"checks.json has schema {tree['schema']!r:.20}, this dlrun reads {SCHEMA}: use the dlrun that wrote it"
            )
        return tuple(map(_finding, tree["findings"]))
    except (LookupError, TypeError, ValueError) as error:
        what = f"the stored checks are damaged: {type(error).__name__}"
        raise DlrunError(Problem(what=what, where=str(paths.checks))) from error


def _finding(stored: Any) -> Finding:
    found = Finding(**stored | {"parts": tuple(map(str, stored["parts"]))})
    told: tuple[Any, ...] = (found.message, found.cure)
    if not all(isinstance(text, str) and len(text) <= LONGEST for text in told) or found.severity not in get_args(Severity):
        raise ValueError("a finding has a message, a cure, and one of three severities")
    return found
