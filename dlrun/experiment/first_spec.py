"""The first spec for some data: YAML in which every choice has its reason beside it."""

import os
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import wrap
from typing import Any

from dlrun.data.messages import shown
from dlrun.data.missing import Impute
from dlrun.data.sources.csv import EMPTY
from dlrun.experiment.assumptions import assumptions, class_shares, some
from dlrun.experiment.first_look import FirstLook
from dlrun.experiment.first_network import FULL_BATCH, FirstNetwork
from dlrun.experiment.tuning_order import tuning_order
from dlrun.spec.writing import plain_or_quoted

SCHEMA = "dlrun.schema.json"
COMMENT_AT = 44  # columns before a comment, where there is room
WIDTH = 118
UNEQUAL = 3  # times as many rows in the largest class as in the smallest


def first_spec(look: FirstLook, network: FirstNetwork, out: Path, *, schema: bool = False) -> str:
    """Return a spec that runs as it is, to be written to `out`: its paths start there.

    With `schema`, the first line tells editors that the schema is the file beside it.
    """
    blocks = (
        _header(look, network, out, schema),
        ["seed: 0"],
        _data(look, out.parent),
        _architecture(look, network),
        _loss(look),
        _regularization(network),
        _training(look, network),
        _diagnosis(look),
        tuning_order(network),
    )
    return "\n\n".join("\n".join(block) for block in map(list, blocks) if block) + "\n"


def _header(look: FirstLook, network: FirstNetwork, out: Path, schema: bool) -> Iterator[str]:
    if schema:
        yield f"# yaml-language-server: $schema={SCHEMA}"
    data = Path(look.files["path"]).name if look.files else "digits"
    name = shown(shlex.quote(out.name), width=100)
    yield f"# {shown(data, width=60)}: a first experiment, written by dlrun init after a look at the data."
    yield "#"
    yield f"#   dlrun train {name}"
    yield "#"
    yield "# It runs as it is, and every line is a guess that may be changed: dlrun explain KEY says what a key does and why."
    if not schema:
        yield f"# For completion in an editor, `dlrun schema > {SCHEMA}` and a first line"
        yield f"# `# yaml-language-server: $schema={SCHEMA}`."
    yield "#"
    for about, what in assumptions(look, network):
        first, *others = wrap(what, WIDTH - 12) or [""]
        yield f"# {about:<9} {first}"
        yield from (f"# {'':<9} {line}" for line in others)


def _data(look: FirstLook, home: Path) -> Iterator[str]:
    yield "data:"
    if not look.files:
        yield _line(f"  source: {look.source.kind}", "1,797 images of 8 × 8 pixels, packaged with dlrun")
    else:
        yield "  source:"
        yield from _source(look, home)
    yield from _missing(look)
    yield from _split(look)
    per = look.normalize.per
    reason = {
        "all": "one mean and deviation for all pixels: they share one unit",
        "column": "mean 0 and deviation 1, column by column, as measured on train alone",
    }
    yield _line(f"  normalize: {{kind: standard, per: {per}}}", reason[per])


def _source(look: FirstLook, home: Path) -> Iterator[str]:
    yield f"    kind: {look.source.kind}"
    for key, path in look.files.items():
        yield f"    {key}: {plain_or_quoted(os.path.relpath(path, home))}"
    if not look.columns:
        return
    yield _line(f"    target: {plain_or_quoted(look.target.name)}", f"{look.why_target}; {look.target.reason}")
    if look.left_out:
        yield "    drop:"
        yield from (_line(f"      - {plain_or_quoted(name)}", reason) for name, reason in look.left_out)
    for leak in look.suspected:
        yield f"    # drop {shown(leak.column, width=40)} too? {leak.reason}: known when the network is used, or only afterwards?"
    reasons = {column.name: column.reason for column in look.columns}
    if codes := look.named("code"):
        yield "    categorical:"
        yield from (_line(f"      - {plain_or_quoted(name)}", reasons[name]) for name in codes)
    empty: tuple[str, ...] = getattr(look.source, "empty", EMPTY)
    if empty != EMPTY:
        yield _line(f"    empty: {_list(empty)}", f"{some(empty[len(EMPTY) :])} among numbers: a missing one")


def _missing(look: FirstLook) -> Iterator[str]:
    if not isinstance(look.missing, Impute):
        yield _line("  missing: error", "there is no gap here; one that comes with new data is told, not guessed away")
        return
    yield _line("  missing: impute", f"{sum(look.gaps.values()):,} gaps" if look.gaps else "there are gaps")
    yield "  # A gap in numbers becomes the median of train, with a column that says where; one in words is a word of its own."


def _split(look: FirstLook) -> Iterator[str]:
    sizes = {part: size for part in ("train", "dev", "test") if (size := getattr(look.split, part)) is not None}
    if not sizes:
        return
    text = ", ".join(f"{part}: {f'{100 * size:g}%' if isinstance(size, float) else size}" for part, size in sizes.items())
    if sizes == {"test": 0}:
        reason = "dev has a file of its own; test should come from where dev comes from, and no file does"
    elif "test" not in sizes:
        reason = "test is brought; dev, which chooses, comes from the training part"
    else:
        reason = "train teaches, dev chooses, test judges once; 20 % each, never more than 10,000"
    yield _line(f"  split: {{{text}}}", reason)


def _architecture(look: FirstLook, network: FirstNetwork) -> Iterator[str]:
    yield "architecture:"
    yield _line(f"  hidden: {_list(network.hidden)}", "high bias: make them larger, or add one; [] is the linear model to beat")
    yield _line("  activation: relu", "weights begin with variance 2/n_in, as suits it (he)")


def _loss(look: FirstLook) -> Iterator[str]:
    if look.target.regression:
        yield _line("loss: squared_error", "a number is predicted; errors are RMSE in its own units")
        return
    counts = [count for count in look.target.classes.values() if count]
    kind = "sigmoid_cross_entropy" if len(look.target.classes) == 2 else "softmax_cross_entropy"
    yield _line("loss: auto", f"{kind}: {len(look.target.classes)} classes")
    if max(counts) >= UNEQUAL * min(counts):
        yield f"# The classes are of unequal size, {class_shares(look)}: if the rare ones matter as much, try"
        yield f"# loss: {{kind: {kind}, class_weights: balanced}}"


def _regularization(network: FirstNetwork) -> Iterator[str]:
    yield "regularization:"
    yield _line(f"  l2: {network.l2:g}", "λ of λ/(2m)·Σ‖W‖²; high variance: 3 or 10 times as much")


def _training(look: FirstLook, network: FirstNetwork) -> Iterator[str]:
    m = len(look.splits.train)
    yield _line("optimizer: adam", "its β₁, β₂ and ε are hardly ever worth a thought")
    yield _line(f"learning_rate: {network.rate:g}", "α: the first thing to tune; lower it if the cost rises")
    yield ""
    yield "training:"
    if network.batch_size == "full":
        reason = f"{m:,} training examples: up to {FULL_BATCH:,} the course takes all of them in each step"
    else:
        reason = f"{m:,} training examples: {-(-m // network.batch_size):,} steps an epoch"
    yield _line(f"  batch_size: {network.batch_size}", reason)
    yield _line(f"  epochs: {network.epochs}", "the best weights on dev are kept; high bias: train longer")
    yield "  # No early stopping: it would couple two knobs, fit and variance; l2 keeps them apart."


def _diagnosis(look: FirstLook) -> Iterator[str]:
    if look.target.regression:
        yield "# Which error would the best method possible still make, in the target's units? Bias begins there; 0 is assumed."
        deviation = float(look.target.values.std())
        yield f"# diagnosis: {{target_error: {deviation / 10:.2g}}}"
    else:
        yield "# In how many cases would people err, or the best method possible? Bias begins there; 0 % is assumed."
        yield "# diagnosis: {target_error: 1%}"


def _line(code: str, comment: str) -> str:
    """Return a line with its comment at the side, or above it where both together would be too long."""
    together = f"{code:<{COMMENT_AT}}# {comment}" if len(code) < COMMENT_AT else f"{code}  # {comment}"
    if len(together) <= WIDTH:
        return together
    return f"{code[: len(code) - len(code.lstrip())]}# {comment}\n{code}"


def _list(items: Iterable[Any]) -> str:
    return f"[{', '.join(plain_or_quoted(item) if isinstance(item, str) else str(item) for item in items)}]"
