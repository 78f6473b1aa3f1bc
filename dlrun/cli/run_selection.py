"""`--where` and `--sort`: what a word stands for, and which runs are meant."""

from collections.abc import Iterable, Sequence

from dlrun.errors import InvalidInput, Problem, raise_all
from dlrun.rundir.conditions import Condition, parse_condition
from dlrun.rundir.keys import SpecKeys, find_key
from dlrun.rundir.listing import ListedRun
from dlrun.rundir.values import RUN_KEYS


def selected(runs: Iterable[ListedRun], known: SpecKeys, where: Sequence[str]) -> list[ListedRun]:
    """Return the runs that fulfil every condition; known has the keys of their specs.

    Errors: InvalidInput with everything that is no condition, or names no key.
    """
    conditions: list[Condition] = []
    problems: list[Problem] = []
    for written in where:
        try:
            condition = parse_condition(written)
            conditions.append(condition.on(meant_run_key(condition.key, known, f"--where {written!r}")))
        except InvalidInput as error:
            problems += error.problems
    raise_all(problems)
    return [run for run in runs if all(condition.holds(run.value(condition.key)) for condition in conditions)]


def meant_run_key(word: str, known: SpecKeys, option: str) -> str:
    """Return the key that a word means: of a run, of the specs of the runs (known), or another that a spec may have.

    Errors: InvalidInput with a suggestion if there is no such key; with all of them if it is the end of several.
    """
    if found := known.find(word, option):
        return found
    from dlrun.spec.model import Spec
    from dlrun.spec.schema import key_paths

    possible = key_paths(Spec)
    if found := find_key(word, possible, option):
        return found  # of another kind of component than these runs have: none of them has a value there
    cure = f"a key of the spec, or one of {', '.join(RUN_KEYS)}"
    raise InvalidInput(Problem(what=f"there is no key {word!r}{_suggestion(word, possible)}", where=option, cure=cure))


def _suggestion(word: str, possible: Sequence[str]) -> str:
    from dlrun.spec.suggestions import closest, meant_key

    meaning = meant_key(word.rpartition(".")[2], word.rpartition(".")[0], (), possible)
    near = closest(word, RUN_KEYS) or (meaning.key if meaning else None)
    return f", did you mean '{near}'?" if near else ""
