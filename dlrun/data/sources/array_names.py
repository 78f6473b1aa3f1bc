"""The names that arrays of inputs and labels go by in a file that holds several."""

from collections.abc import Collection, Iterable

from dlrun.data.messages import did_you_mean, listed
from dlrun.errors import Problem, raise_all

Names = tuple[str, str]  # of x and of y

PARTS: dict[str, tuple[Names, ...]] = {
    "all": (("x", "y"),),
    "train": (("x_train", "y_train"), ("train_set_x", "train_set_y")),
    "train_dev": (("x_train_dev", "y_train_dev"), ("x_traindev", "y_traindev"), ("train_dev_set_x", "train_dev_set_y")),
    "dev": (("x_dev", "y_dev"), ("dev_set_x", "dev_set_y")),
    "test": (("x_test", "y_test"), ("test_set_x", "test_set_y")),
}
KNOWN = frozenset(name for pairs in PARTS.values() for names in pairs for name in names)


def parts_of(file: str, names: Collection[str]) -> dict[str, Names]:
    """Return the arrays of each part, the part that trains first; InvalidInput if no part trains, or one is not whole."""
    found, problems = _pairs(file, names)
    if not {"all", "train"} & set(found):
        cure = did_you_mean("x", names) or "the file is empty"
        problems.append(Problem(what="no array x (with y) or x_train (with y_train)", where=file, cure=cure))
    elif "all" in found and len(found) > 1:
        also = listed(name for part, pair in found.items() if part != "all" for name in pair if name in names)
        problems.append(Problem(what=f"x, y are to be split, but there is also {also}", where=file, cure="keep one"))
    raise_all(problems)
    return found


def names_in_a_file_of(part: str, file: str, names: Collection[str]) -> Names:
    """Return the arrays of a file that is one part only, there under its own names or as x and y."""
    found, problems = _pairs(file, names)
    ours = [found[key] for key in (part, "all") if key in found]
    if len(ours) != 1 or len(found) != 1:
        which = f"there are {listed(sorted(names))}" if names else "the file is empty"
        what = f"must hold one pair of arrays, x, y or x_{part}, y_{part}"
        problems.append(Problem(what=what, where=file, cure=which))
    raise_all(problems)
    return ours[0]


def not_used(file: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return a note on the arrays that are left alone."""
    ignored = [name for name in names if name not in KNOWN]
    return (f"{file}: not used: {listed(ignored)}",) if ignored else ()


def _pairs(file: str, names: Collection[str]) -> tuple[dict[str, Names], list[Problem]]:
    """Return the arrays of each part that is there, and what is wrong with them."""
    found: dict[str, Names] = {}
    problems = []
    for part, spellings in PARTS.items():
        present = [pair for pair in spellings if set(pair) & set(names)]
        if len(present) > 1:
            both = listed(pair[0] for pair in present)
            problems.append(Problem(what=f"{both} are all the {part} part", where=file, cure="keep one of them"))
        for x, y in present:
            found[part] = (x, y)
            problems += [
                Problem(what=f"{other} without {name}", where=f"{file}:{other}")
                for name, other in ((x, y), (y, x))
                if name not in names
            ]
    return found, problems
