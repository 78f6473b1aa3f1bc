"""run.json: what a run is and how it ended, readable without its network."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from itertools import chain
from math import isfinite
from typing import Any, Literal, cast, get_args

from dlrun.errors import DlrunError, Problem
from dlrun.rundir.files import json_object, read_bytes, write_json
from dlrun.rundir.paths import RunPaths

SCHEMA = 3
ADDED: dict[object, dict[str, Any]] = {
    1: {"branch": None, "resumptions": [], "kind": "run", "group": None},
    2: {"kind": "run", "group": None},
}  # what a record of an older schema does not say
LARGEST = 4 * 2**20  # bytes; the longest of specs and a thousand looks at test take a tenth of that
LONGEST = 2**17  # characters of one text: an argument of a command may have as many
MOST_VALUES, MOST_LEVELS = 50_000, 50  # keys and values of spec and summary each: 1,000 layers with every key have 11,000
SMALL = 2**16  # bytes in which there is no room for a text that long, nor for so many values: each takes 2

Kind = Literal["run", "folds"]  # a network that was trained, or the predictions of several, each on the rows it has not seen
Status = Literal["running", "completed", "interrupted", "diverged", "failed", "lost"]


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look at a part that training never sees, with what was seen: a part looked at often is no longer unseen."""

    time: datetime
    part: str
    error: float
    low: float
    high: float | None  # None: no upper limit is known
    n: int


@dataclass(frozen=True, kw_only=True)
class Branch:
    """Where a child run left its parent: after so many epochs and steps, with these keys changed, and what was allowed."""

    parent: str
    epoch: float
    step: int
    changes: tuple[str, ...]
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Resumption:
    """A run that went on: when, after which step, and which differences from its beginning were allowed."""

    time: datetime
    step: int
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """What run.json holds; a change is `dataclasses.replace`, then save.

    Times carry their zone. seconds is the time spent training, over all processes that worked on the run. spec is the resolved
    spec, summary what closing lines print (best epoch, errors, verdict, parameters); both are JSON trees. group is the key of all
    runs that differ from it by chance, or by their fold, alone: see `rundir.groups`. Of kind "folds" is what pools what several
    predict.
    """

    run: str
    kind: Kind = "run"
    name: str
    status: Status
    stop_reason: str | None = None
    started: datetime
    ended: datetime | None = None
    seconds: float | None = None
    pid: int
    host: str
    heartbeat: datetime
    argv: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    parent: str | None = None
    branch: Branch | None = None
    group: str | None = None
    resumptions: tuple[Resumption, ...] = ()
    spec: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    test_looks: tuple[Look, ...] = ()

    def save(self, paths: RunPaths) -> None:
        """Write run.json, atomically."""
        write_json(paths.record, {"schema": SCHEMA, **_to_json(self)})

    @classmethod
    def load(cls, paths: RunPaths) -> "RunRecord":
        """Read run.json.

        Errors: DlrunError if it is missing or damaged, with everything that is wrong, or if a newer dlrun wrote it.
        """
        path = paths.record
        data, where = read_bytes(path, LARGEST), str(path)
        tree = json_object(data, path)
        schema = tree.pop("schema", None)
        if isinstance(schema, int) and schema > SCHEMA:
            what = f"a newer dlrun wrote this run: its schema is {schema}, this dlrun reads {SCHEMA}"
            raise DlrunError(Problem(what=what, where=where, cure="upgrade dlrun"))
        if isinstance(schema, int) and schema in ADDED:
            tree, schema = ADDED[schema] | tree, SCHEMA
        if schema != SCHEMA or isinstance(schema, bool):
            raise DlrunError(Problem(what=f"the schema must be {SCHEMA}, got {schema!r}", where=where))
        values, wrong = _read(RECORD, tree)
        if len(data) > SMALL:
            wrong += [f"{key} {said}" for key in ("spec", "summary") if (said := _too_large(tree.get(key)))]
        if wrong:
            raise DlrunError(*(Problem(what=what, where=where) for what in wrong))
        return cls(**values)


def _to_json(record: RunRecord | Look | Branch | Resumption) -> dict[str, Any]:
    return {entry.name: _value_to_json(getattr(record, entry.name)) for entry in fields(record)}


def _value_to_json(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case tuple():
            return [_value_to_json(item) for item in value]
        case Look() | Branch() | Resumption():
            return _to_json(value)
        case _:
            return value


Reader = Callable[[Any], Any]  # JSON value → field; ValueError says what it must be


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ValueError(f"must be text of {LONGEST:,} characters at most")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("must be a whole number")
    return value


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError("must be a number")
    if not isfinite(number := float(value)):
        raise ValueError("must be a finite number")
    return number


def _tree(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    level: list[Any] = [value]
    for _ in range(MOST_LEVELS):  # plain loops over what JSON gives: of 10,000 runs this is done 20,000 times
        level = [v for inner in level for v in (inner.values() if type(inner) is dict else inner) if type(v) in (dict, list)]
        if not level:
            return value
    raise ValueError(f"must hold no more than {MOST_VALUES:,} values in {MOST_LEVELS} levels")


def _too_large(value: Any) -> str:
    """Say what no run writes: a spec may come from others, and whoever lists runs goes through all of them."""
    level, found = [value], 0
    for _ in range(MOST_LEVELS):
        parts = [inner for inner in level if isinstance(inner, dict | list)]
        texts = [text for text in chain(level, *(inner for inner in parts if isinstance(inner, dict))) if isinstance(text, str)]
        found += len(level) + sum(len(inner) for inner in parts if isinstance(inner, dict))
        if any(len(text) > LONGEST for text in texts):
            return f"must hold texts of {LONGEST:,} characters at most"
        if found > MOST_VALUES:
            return f"must hold no more than {MOST_VALUES:,} values in {MOST_LEVELS} levels"
        level = list(chain.from_iterable(inner.values() if isinstance(inner, dict) else inner for inner in parts))
    return ""


def _time(value: Any) -> datetime:
    try:
        time = datetime.fromisoformat(_text(value))
    except ValueError:
        raise ValueError("must be a time as in 2026-01-31T12:00:00+00:00") from None
    if time.tzinfo is None:
        raise ValueError("must be a time with its zone")
    time.astimezone(UTC)  # OverflowError before the year 1 and after 9999
    return time


def _status(value: Any) -> Status:
    if value not in get_args(Status):
        raise ValueError(f"must be one of {', '.join(get_args(Status))}")
    return cast(Status, value)


def _kind(value: Any) -> Kind:
    if value not in get_args(Kind):
        raise ValueError(f"must be one of {', '.join(get_args(Kind))}")
    return cast(Kind, value)


def _or_none(read: Reader) -> Reader:
    return lambda value: None if value is None else read(value)


def _each(read: Reader) -> Reader:
    def read_all(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError("must be a list")
        return tuple(read(item) for item in value)

    return read_all


def _part(cls: type[Any], readers: dict[str, Reader]) -> Reader:
    """Return what reads an object of this class."""

    def read(value: Any) -> Any:
        values, wrong = _read(readers, _tree(value))
        if wrong:
            raise ValueError(f"must hold a {cls.__name__.lower()}: " + ", ".join(wrong))
        return cls(**values)

    return read


LOOK: dict[str, Reader] = {
    "time": _time,
    "part": _text,
    "error": _number,
    "low": _number,
    "high": _or_none(_number),
    "n": _whole,
}
BRANCH: dict[str, Reader] = {"parent": _text, "epoch": _number, "step": _whole, "changes": _each(_text), "allowed": _each(_text)}
RESUMPTION: dict[str, Reader] = {"time": _time, "step": _whole, "allowed": _each(_text)}

RECORD: dict[str, Reader] = {
    "run": _text,
    "kind": _kind,
    "name": _text,
    "status": _status,
    "stop_reason": _or_none(_text),
    "started": _time,
    "ended": _or_none(_time),
    "seconds": _or_none(_number),
    "pid": _whole,
    "host": _text,
    "heartbeat": _time,
    "argv": _each(_text),
    "overrides": _each(_text),
    "parent": _or_none(_text),
    "branch": _or_none(_part(Branch, BRANCH)),
    "group": _or_none(_text),
    "resumptions": _each(_part(Resumption, RESUMPTION)),
    "spec": _tree,
    "summary": _tree,
    "test_looks": _each(_part(Look, LOOK)),
}


def _read(readers: dict[str, Reader], tree: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the fields and everything that is wrong; an unknown key is wrong, since saving would lose it."""
    values: dict[str, Any] = {}
    wrong = [f"unknown key {key[:100]!r}" for key in tree if key not in readers]
    for key, read in readers.items():
        try:
            values[key] = read(tree[key])
        except KeyError:
            wrong.append(f"{key} is missing")
        except (ValueError, OverflowError) as error:
            wrong.append(f"{key} {error}")
    return values, wrong
