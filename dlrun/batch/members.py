"""The members of a batch: which files are meant, and whether each could run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from dlrun.errors import DlrunError, InvalidInput, Problem
from dlrun.experiment.setup import Experiment, set_up
from dlrun.rundir.files import read_json
from dlrun.rundir.listing import list_runs
from dlrun.spec import read_spec, to_yaml

ENDINGS = (".yaml", ".yml")
ONE_THREAD = "training.threads=1"  # the same bits however many run at once


@dataclass(frozen=True, kw_only=True)
class Member:
    """One spec of a batch, with what is changed in it; wrong is why it cannot run, complete a run that makes another needless."""

    spec: Path
    name: str
    overrides: tuple[str, ...] = ()
    wrong: tuple[Problem, ...] = ()
    complete: str | None = None


def spec_files(words: Sequence[Path]) -> list[Path]:
    """Return the files that are meant: those named, and of a directory all that end in .yaml or .yml, by name.

    Errors: InvalidInput with every word that means nothing.
    """
    problems: list[Problem] = []
    found: dict[Path, None] = {}
    for word in words:
        files = sorted(path for path in word.iterdir() if path.suffix in ENDINGS and path.is_file()) if word.is_dir() else [word]
        if not files:
            problems.append(Problem(what="there is no spec in this directory", where=str(word), cure="a spec ends in .yaml"))
        for path in files:
            if not path.exists():
                glob = any(character in str(path) for character in "*?[")
                cure = "the pattern matches no file" if glob else ""
                problems.append(Problem(what="there is no such file", where=str(path), cure=cure))
            elif path.resolve() in {known.resolve() for known in found}:
                problems.append(Problem(what="this spec is named twice", where=str(path)))
            found[path] = None
    if problems:
        raise InvalidInput(*problems)
    return list(found)


def members_of(files: Sequence[Path], overrides: Sequence[str]) -> Iterator[tuple[Member, Experiment | None]]:
    """Yield each file as a member, checked as far as it can be without training, with its experiment if it is good."""
    changes = (*overrides, ONE_THREAD)
    names: dict[str, Path] = {}
    for path in files:
        try:
            experiment = set_up(read_spec(path, changes))
            if (other := names.setdefault(experiment.spec.name, path)) != path:
                what = f"it is called {experiment.spec.name}, as {other} is: nobody could tell their results apart"
                raise InvalidInput(Problem(what=what, where=str(path), cure="give one of them another name"))
        except InvalidInput as error:
            yield Member(spec=path, name=path.stem, overrides=changes, wrong=error.problems), None
        else:
            yield Member(spec=path, name=experiment.spec.name, overrides=changes), experiment


class Complete:
    """The runs that are complete, to be asked whether one makes another needless."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs = [run for run in list_runs(runs_dir) if run.status == "completed" and run.record]

    def like(self, experiment: Experiment) -> str | None:
        """Return the newest run of the same resolved spec on the same data, or None."""
        spec = experiment.spec.model_dump(mode="json")
        resolved = sha256(to_yaml(experiment.spec).encode()).hexdigest()
        for run in self._runs:
            if run.record and run.record.spec == spec:
                try:
                    stored = read_json(run.paths.provenance)
                    same = stored["spec"]["sha256"] == resolved and stored["data"]["sha256"] == experiment.splits.sha256
                except (DlrunError, KeyError, TypeError):
                    continue
                if same:
                    return run.paths.id
        return None
