"""From files to the source that reads them, before anybody has written a spec."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, get_args

from dlrun.data.messages import listed, quoted
from dlrun.data.sources import Source
from dlrun.data.sources.files import open_file, shown_path
from dlrun.errors import InvalidInput, Problem, raise_all

TARGETS = (
    "target",
    "label",
    "labels",
    "class",
    "y",
    "outcome",
    "response",
    "income",
    "species",
    "survived",
    "diagnosis",
    "price",
)


def source_class(files: Mapping[str, str]) -> Any:
    """Return the class of the source that reads these files, which are named by its keys: `path`, `dev`, ….

    Errors: InvalidInput if a file is not there, none reads it by its ending, or the source has no such key.
    """
    for path in files.values():
        open_file(path).close()
    readers = {key: _reader(path) for key, path in files.items()}
    cls = readers["path"]
    for key, reader in readers.items():
        if reader is not cls:
            what = f"{shown_path(files[key])} is read as {reader.kind}, {shown_path(files['path'])} as {cls.kind}"
            raise InvalidInput(Problem(what=what, cure="give all parts in one format"))
    keys = _keys(cls)
    if lost := [field.name for field in fields(cls) if field.default is MISSING and field.name not in {*files, "target"}]:
        what = f"{cls.kind} needs {listed(lost)} beside the file"
        raise InvalidInput(
            Problem(what=what, where=shown_path(files["path"]), cure=f"write it by hand: dlrun explain {cls.kind}")
        )
    raise_all(
        Problem(what=f"{cls.kind} takes no file of its own for {key}", where=shown_path(files[key]), cure=_whole(cls))
        for key in files
        if key not in keys
    )
    return cls


def has_columns(cls: Any) -> bool:
    """Whether files of this source have named columns, one of which is the target; otherwise they say which array it is."""
    return "target" in _keys(cls)


def as_words(cls: Any, files: Mapping[str, str], target: str, header: tuple[str, ...]) -> Source:
    """Return the source in which every column but the target is read as words, whatever its cells look like."""
    others = tuple(column for column in header if column != target)
    source: Source = cls(**files, target=target, categorical=others)
    return source


def guess_target(path: str, header: tuple[str, ...]) -> tuple[str, str]:
    """Return the column that is most likely to be predicted, and why it is taken.

    Errors: InvalidInput if several have such a name, or there is nothing to predict it from.
    """
    if len(header) == 1:
        divider = next((mark for mark in ";|\t" if mark in header[0]), "")
        cure = f"the header holds {quoted(divider)}: the delimiter must be ',' (a tab in a '.tsv' file)" if divider else ""
        raise InvalidInput(Problem(what=f"there is one column only, {quoted(header[0])}", where=shown_path(path), cure=cure))
    named = [column for column in header if column.strip().casefold() in TARGETS]
    if len(named) > 1:
        what = f"which column is to be predicted? {listed(named)} could be"
        raise InvalidInput(Problem(what=what, where=shown_path(path), cure="say which: --target COLUMN"))
    if named:
        return named[0], "by its name"
    return header[-1], "the last column"


def endings() -> dict[str, Any]:
    """Return the source that reads files of each ending, such as `.csv`: the sources say it themselves."""
    return {ending: cls for cls in get_args(Source) for ending in getattr(cls, "endings", ())}


def _reader(path: str) -> Any:
    for ending, cls in endings().items():
        if path.lower().endswith(ending):
            return cls
    cure = f"by its ending: {listed(endings())}"
    raise InvalidInput(Problem(what="no source reads a file of this name", where=shown_path(path), cure=cure))


def _keys(cls: Any) -> set[str]:
    return {field.name for field in fields(cls)}


def _whole(cls: Any) -> str:
    return f"the parts of a file of kind {cls.kind} are its own arrays: dlrun explain {cls.kind}"
