"""The members of a batch: which files are meant, and whether each could run."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from dlrun.errors import DlrunError, InvalidInput, Problem
from dlrun.experiment.gating import refuse_moving_targets, with_runs_found
from dlrun.experiment.setup import Experiment, set_up
from dlrun.kernels import NUMPY
from dlrun.rundir.files import read_json
from dlrun.rundir.listing import list_runs
from dlrun.spec import LoadedSpec, read_spec, to_yaml

ENDINGS = (".yaml", ".yml")
ONE_THREAD = "training.threads=1"  # the same bits however many run at once


@dataclass(frozen=True, kw_only=True)
class Part:
    """Which of a group's runs one is: its number from 1, how many there are, and its seed."""

    number: int
    of: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class Member:
    """One run of a batch: a spec with what is changed in it, and which of a group it is if several come of that spec.

    wrong is why it cannot run, complete a run that makes another needless.
    """

    spec: Path
    name: str
    overrides: tuple[str, ...] = ()
    part: Part | None = None
    wrong: tuple[Problem, ...] = ()
    complete: str | None = None

    @property
    def label(self) -> str:
        """What it is called in a row of its own."""
        return f"{self.name} {self.part.number}/{self.part.of}" if self.part else self.name


class Variant(Protocol):
    """One of the runs that come of a spec, with the overrides that make it of the given one."""

    @property
    def loaded(self) -> LoadedSpec:
        """Its spec."""

    @property
    def overrides(self) -> tuple[str, ...]:
        """What makes it of the given spec, on the command line."""


Variants = Callable[[LoadedSpec, Sequence[str]], Sequence[Variant]]  # of a spec and its overrides; none: it is one run


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


@dataclass(frozen=True, kw_only=True)
class Checking:
    """What is asked of each spec before anything runs, and where the runs will be."""

    overrides: Sequence[str]
    variants: Variants
    runs_dir: Path
    workers: int
    complete: "Complete | None" = None  # the runs that make others needless

    def members_of(self, path: Path) -> list[Member]:
        """Return the runs that come of a file, checked as far as they can be without training; of a wrong file one, with why."""
        changes = (*self.overrides, ONE_THREAD)
        try:
            loaded = read_spec(path, changes)
            refuse_moving_targets(loaded, self.workers)
            several = self.variants(loaded, self.overrides)
            if not several:
                changes += ("seeds=1",) if loaded.spec.seeds > 1 else ()
                return [self._member(loaded.with_values({"seeds": 1}), changes)]
            first, *others = several  # they differ in their seeds alone
            checked = [self._member(first.loaded, first.overrides)]
            checked += [self._member(other.loaded, other.overrides, check=bool(self.complete)) for other in others]
            parts = [Part(number=k, of=len(several), seed=one.loaded.spec.seed) for k, one in enumerate(several, start=1)]
            return [replace(member, part=part) for member, part in zip(checked, parts, strict=True)]
        except InvalidInput as error:
            return [Member(spec=path, name=path.stem, overrides=changes, wrong=error.problems)]

    def _member(self, loaded: LoadedSpec, overrides: tuple[str, ...], *, check: bool = True) -> Member:
        member = Member(spec=loaded.path, name=loaded.spec.name, overrides=overrides)
        if not check:
            return member
        experiment = set_up(loaded, kernels=NUMPY)
        if not any(gate.against.startswith("@") for gate in loaded.spec.gates.values()):  # else it is found when its turn comes
            experiment = with_runs_found(experiment, self.runs_dir)
        return replace(member, complete=self.complete.like(experiment) if self.complete else None)


def told_apart(members: Sequence[Member]) -> list[Member]:
    """Return the members; those whose name another spec has too are called by their paths, as far as these differ."""
    specs = {member.spec: member.name for member in members}
    alike = Counter(specs.values())
    names = {path: _tail(path, [other for other in specs if other != path]) for path in specs if alike[specs[path]] > 1}
    return [replace(member, name=names.get(member.spec, member.name)) for member in members]


def _tail(path: Path, others: Sequence[Path]) -> str:
    """Return the end of a path that no other has."""
    parts = path.absolute().parts
    tails = (parts[-count:] for count in range(1, len(parts) + 1))
    known = [other.absolute().parts for other in others]
    return str(Path(*next(tail for tail in tails if all(other[-len(tail) :] != tail for other in known))))


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
