"""`python -m benchmarks.results` writes benchmarks/RESULTS.md from the JSON files of results/, and the figure of the steps."""

from pathlib import Path
from statistics import median
from types import ModuleType

from benchmarks import commands, memory, parts, record, scaling, startup, steps, variants
from benchmarks.figure import draw_steps

PAGE = Path(__file__).with_name("RESULTS.md")
TABLES: dict[str, tuple[str, ModuleType]] = {
    "steps": ("A training step", steps),
    "variants": ("Batch norm, dropout, l2, and each optimizer", variants),
    "commands": ("Whole commands on MNIST", commands),
    "startup": ("Start-up", startup),
    "scaling": ("How a step grows", scaling),
    "memory": ("Peak memory", memory),
    "parts": ("Metrics, checkpoints, health and checks", parts),
}
FIGURE = "![µs a step of all contenders at each shape](results/steps.svg)"
ELSEWHERE = (
    "Many runs at once: [BATCH.md](BATCH.md), by `make batch`. What checkpoints and checks cost of a whole command: "
    "[OVERHEAD.md](OVERHEAD.md), by `make overhead`."
)


def section(name: str, title: str, module: ModuleType) -> list[str]:
    """Return a table with what it is and where its figures come from; or that it has not been measured."""
    tree = record.load(name)
    if tree is None:
        return [f"## {title}", f"Not measured: `python -m benchmarks.{name}`."]
    what = (module.__doc__ or "").split("\n\n")
    told = " ".join(" ".join((what[0], *what[2:])).split())
    return [f"## {title}", told, *([FIGURE] if name == "steps" else []), module.page(tree), record.footer(tree)]


def draw(tree: record.Tree) -> None:
    """Draw what steps found: of every contender the better number of threads."""
    shapes = {}
    for row in map(steps.Row, tree["rows"]):
        best = [found for name in dict.fromkeys(timed.name for timed in row.timed) if (found := row.best(name))]
        points = {timed.name: row.micro(timed) for timed in best}
        shapes[f"{row.work.name}   {row.work.network}, batch {row.work.batch}"] = {
            name: (min(micro), median(micro), max(micro)) for name, micro in points.items()
        }
    draw_steps(shapes, steps.FLOOR, record.FOLDER / "steps.svg")


def main() -> None:
    """Write the page and the figure."""
    if tree := record.load("steps"):
        draw(tree)
    sections = [part for name, (title, module) in TABLES.items() for part in section(name, title, module)]
    head = ["# How fast dlrun is, and what beside", "Written by `make bench`; do not edit.", ELSEWHERE]
    PAGE.write_text("\n\n".join([*head, *sections]) + "\n", encoding="utf-8")
    print(PAGE.relative_to(Path.cwd()) if PAGE.is_relative_to(Path.cwd()) else PAGE)


if __name__ == "__main__":
    main()
