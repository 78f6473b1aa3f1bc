"""An experiment before it runs, as a page: drawn from the tree that `dlrun show --format json` prints."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from dlrun.report.comments import facts, print_section, unbroken
from dlrun.report.meanings import print_meaning
from dlrun.report.terminal import table_of

Tree = Mapping[str, Any]
DOMINATES = 0.5  # of all parameters
MEBIBYTE = 2**20


def print_preview(tree: Tree, commands: Sequence[str], out: Console) -> None:
    """Print the sections below the spec; commands hold one to type for each piece of advice, empty where there is none."""
    _print_layers(tree, out)
    _print_work(tree, out)
    print_meaning(tree, out)
    _print_dev(tree["dev"], out)
    _print_advice(tree["advice"], commands, out)


def _print_layers(tree: Tree, out: Console) -> None:
    table = table_of("layer", "parameters in", "shape", "then", "parameters", "share", right=(4, 5))
    for row in tree["layers"]:
        shape = f"{row['n_in']:,} → {row['n_out']:,}" if row["names"] else f"{row['n_in']:,}"
        numbers = (f"{row['parameters']:,}", f"{100 * row['share']:.0f} %") if row["parameters"] else ("", "")
        table.add_row(row["kind"], " ".join(row["names"]), shape, ", ".join(_behind(row)), *numbers)
    table.add_row("total", "", "", "", f"{tree['parameters']:,}", "")
    weighty = [row for row in tree["layers"] if row["parameters"]]
    first = weighty[0]
    note = []
    if len(weighty) > 1 and first["share"] > DOMINATES:
        note = [f"the first layer holds {100 * first['share']:.0f} % of all parameters: what is regularized there counts most"]
    print_section(out, "Layers", table, *note)


def _behind(row: Tree) -> Iterator[str]:
    if row["batch_norm"]:
        yield "batch norm"
    if row["activation"]:
        yield row["activation"]
    if row["keep_prob"] < 1:
        yield f"dropout keeps {row['keep_prob']:g}"


def _print_work(tree: Tree, out: Console) -> None:
    stopping = tree["spec"]["training"]["early_stopping"]
    steps, size, last = tree["steps_per_epoch"], tree["batch_size"], tree["last_batch"]
    batches = f"{steps:,} of {size:,} examples" if last == size else f"{steps - 1:,} of {size:,} examples and one of {last:,}"
    threads = "1 thread" if tree["threads"] == 1 else f"{tree['threads']} threads"
    parts = ", ".join(f"{part} {n:,}" for part, n in tree["examples"].items())
    columns = "1 column" if tree["features"] == 1 else f"{tree['features']:,} columns"
    rows = [
        ("examples", f"{parts}, each of {columns}"),
        *(("", note) for note in tree["notes"]),
        ("epoch", "one step on all examples" if steps == 1 else f"{steps:,} steps: {batches}"),
        (
            "run",
            f"{tree['epochs']:,} epochs, {tree['total_steps']:,} steps" + (" if it does not stop early" if stopping else ""),
        ),
        ("numbers", f"{tree['dtype']}, {threads}, {tree['kernels']} kernels"),
    ]
    print_section(out, "Work and memory", facts(rows), "", _memory(tree["memory"]))


def _memory(memory: Tree) -> Table:
    decimals = 3 if memory["total"] < 10 * MEBIBYTE else 1
    parts = ", ".join(f"{part} {n / MEBIBYTE:,.{decimals}f}" for part, n in memory["data"].items())
    table = table_of("memory", "MiB", "", right=(1,))
    rows = {
        "data": (sum(memory["data"].values()), parts),
        "parameters": (memory["parameters"], ""),
        "gradient": (memory["gradient"], "and scratch of its size"),
        "optimizer": (memory["slots"], "its averages" if memory["slots"] else "it remembers nothing"),
        "best": (memory["best"], "a copy of the best parameters"),
        "buffers": (memory["buffers"], f"of one pass, for up to {memory['rows']:,} examples at once"),
    }
    for word, (count, note) in rows.items():
        table.add_row(word, f"{count / MEBIBYTE:,.{decimals}f}", note)
    machine = f"of {memory['machine'] / 2**30:,.1f} GiB in this machine"
    table.add_row("total", f"{memory['total'] / MEBIBYTE:,.{decimals}f}", machine)
    return table


def _print_dev(dev: Tree | None, out: Console) -> None:
    title = "What the dev part can decide"
    if dev is None:
        print_section(out, title, "nothing: there is none (data.split.dev)")
        return
    regression = dev["metric"] == "rmse"
    factor, unit = (dev["scale"], "") if regression else (100, " points")
    tolerance = f"{factor * dev['tolerance']:.3g}{unit}"
    differences = ["independent"] if regression else ["same_examples", "independent"]
    headings = ["at an error of", "known to ±", *(word.replace("_", " ") for word in differences), f"within {tolerance}"]
    table = table_of(*headings, right=range(len(headings)))
    for row in dev["at"]:
        error = f"{factor * row['error']:.3g}" + ("" if regression else " %")
        needed = "no number" if row["verdict_n"] is None else f"{row['verdict_n']:,} examples"
        smallest = ("–" if row[word] is None else f"{factor * row[word]:.2g}" for word in differences)
        table.add_row(error, f"{factor * row['half_width']:.2g}", *smallest, needed)
    count = "1 example" if dev["n"] == 1 else f"{dev['n']:,} examples"
    print_section(out, f"{title}: {count}", table, "", *_dev_notes(regression, tolerance))


def _dev_notes(regression: bool, tolerance: str) -> Iterator[str]:
    half = "half a 95 % interval" + (", if residuals are normal" if regression else "")
    yield f"known to ±: {half}{'; RMSEs in units of the target' if regression else ', in points'}"
    if regression:
        yield "independent: the smallest difference of two runs that is more than chance, each with examples of its own"
    else:
        yield "same examples: the smallest difference of two runs that is more than chance, if they share half of their errors"
        yield "independent: that difference if each run had examples of its own, the careful figure"
    yield f"within {tolerance}: dev examples that show a variance of 0 to be below the tolerance"


def _print_advice(advice: Sequence[Tree], commands: Sequence[str], out: Console) -> None:
    if not advice:
        print_section(out, "Advice", "none: the course's rules have nothing to add")
        return
    contents: list[Any] = []
    for said, command in zip(advice, commands, strict=True):
        contents.append(facts([("·", said["reason"])]))
        if command:
            contents.append(unbroken(f"   {command}"))
    print_section(out, "Advice: rules that are worth a measurement", *contents)
