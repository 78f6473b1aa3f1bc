"""What a first look assumed, in words: the same on the terminal and at the top of the spec."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from dlrun.data.messages import shown
from dlrun.data.sources.files import shown_path
from dlrun.experiment.first_look import FirstLook
from dlrun.experiment.first_network import FirstNetwork

Assumption: TypeAlias = tuple[str, str]  # about what, and what

NAMED, FEW_CLASSES = 8, 4  # told one by one


def assumptions(look: FirstLook, network: FirstNetwork) -> Iterator[Assumption]:
    """Yield what was found and what was made of it, in the order in which one would ask."""
    yield "data", _rows(look)
    yield "target", f"{shown(look.target.name, width=40)}, {look.why_target}: {_target(look)}"
    for nature, label in (("number", "numbers"), ("words", "words"), ("code", "as words")):
        if names := look.named(nature):
            yield label, f"{len(names):,}: {some(names)}"
    for name, reason in look.left_out:
        yield "left out", f"{shown(name, width=40)}: {reason}"
    for column in look.columns:
        if column.used and column.reason:
            yield "read as", f"{shown(column.name, width=40)}: {column.reason}"
    if look.gaps:
        counted = [f"{shown(name, width=40)} {count:,}" for name, count in look.gaps.items()]
        yield "missing", f"{sum(look.gaps.values()):,} cells are filled in: {_some(counted)}"
    for leak in look.suspected:
        yield "a leak?", f"{shown(leak.column, width=40)}: {leak.reason}; if it is not known when the network is used, drop it"
    if look.repeated:
        rows = "1 row is" if look.repeated == 1 else f"{look.repeated:,} rows are"
        yield "repeated", f"{rows} there before, in every cell: such rows may be in train and in dev"
    yield "split", ", ".join(f"{_part(part)} {size:,}" for part, size in look.splits.sizes.items()) + _untested(look)
    yield "network", f"{sizes_text(look, network)}; {steps_text(look, network)}"


def some(names: Iterable[str]) -> str:
    """Return names with commas between, safe to print; after the eighth, how many more there are."""
    return _some([shown(name, width=40) for name in names])


def sizes_text(look: FirstLook, network: FirstNetwork) -> str:
    """Return the widths of the layers: `107 inputs → 64 → 32 → 1`."""
    outputs = len(look.target.classes) if len(look.target.classes) > 2 else 1
    widths = " → ".join(str(units) for units in (*network.hidden, outputs))
    return f"{len(look.splits.features):,} inputs → {widths}"


def steps_text(look: FirstLook, network: FirstNetwork) -> str:
    """Return how the network is trained: `batches of 128, 20 epochs, 4,080 steps`."""
    m = len(look.splits.train)
    if network.batch_size == "full":
        return f"the full batch, {network.epochs:,} epochs of one step"
    return f"batches of {network.batch_size}, {network.epochs} epochs, {network.epochs * -(-m // network.batch_size):,} steps"


def class_shares(look: FirstLook) -> str:
    """Return the classes with their shares of training, `<=50K (75.9 %), >50K (24.1 %)`; of many the largest and the smallest."""
    ranked = sorted(look.target.classes.items(), key=lambda item: -item[1])
    m = sum(look.target.classes.values())
    told = [f"{shown(name, width=40)} ({100 * count / m:.1f} %)" for name, count in ranked]
    return ", ".join(told) if len(told) <= FEW_CLASSES else f"the largest is {told[0]}, the smallest {told[-1]}"


def _target(look: FirstLook) -> str:
    if look.target.regression:
        low, high = look.target.values.min(), look.target.values.max()
        return f"a number from {low:g} to {high:g} ({look.target.reason})"
    return f"{len(look.target.classes)} classes ({look.target.reason}), {class_shares(look)}"


def _rows(look: FirstLook) -> str:
    if not look.files:
        return f"the packaged digits, {look.rows['all']:,} images"
    files = {part: shown_path(look.files.get(part, look.files["path"])) for part in look.rows}
    if len(files) > 1 == len(set(files.values())):
        return ", ".join(f"{count:,} rows for {_part(part)}" for part, count in look.rows.items()) + f" in {files['train']}"
    return ", ".join(f"{count:,} rows {_for(part)}in {files[part]}" for part, count in look.rows.items())


def _for(part: str) -> str:
    return "" if part == "all" else f"for {_part(part)} "


def _part(part: str) -> str:
    return part.replace("_", "-")


def _untested(look: FirstLook) -> str:
    return "" if look.splits.test is not None else "; no test part, so nothing will say how much dev was overfitted"


def _some(words: list[str]) -> str:
    more = [f"and {len(words) - NAMED:,} more"] if len(words) > NAMED else []
    return ", ".join(words[:NAMED] + more)
