"""Packages that only some sources need: they come with an extra of dlrun, and are imported when such a source loads."""

from collections.abc import Iterator
from contextlib import contextmanager

from dlrun.errors import InvalidInput, Problem


@contextmanager
def from_extra(extra: str) -> Iterator[None]:
    """Turn a package that is not installed into InvalidInput, which names the extra of dlrun that brings it."""
    try:
        yield
    except ModuleNotFoundError as error:
        what = f"{extra} files need the package {error.name}, which is not installed"
        raise InvalidInput(Problem(what=what, where="data.source", cure=f"pip install 'dlrun[{extra}]'")) from None
