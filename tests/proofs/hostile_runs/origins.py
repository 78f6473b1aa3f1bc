"""What may stand in resolved.yaml, spec.yaml and preparation.json, with every fingerprint made right."""

from pathlib import Path
from typing import Any

from tests.proofs.contents import GREEDY, START, filled
from tests.proofs.hostile_runs.forging import BELL, Forge, content, put, replace, sparse, together

TAG = 'x: !!python/object/apply:os.system ["touch escaped"]\n'


def _with_text(name: str, key: str, value: str) -> Forge:
    """Write another value behind a key of a spec, the first of that name."""

    def forge(root: Path) -> None:
        path = root / name
        lines = path.read_text(encoding="utf-8").splitlines()
        number = next(number for number, line in enumerate(lines) if line.strip().startswith(f"{key}:"))
        indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
        lines[number] = f"{indent}{key}: {value}"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    return forge


def _before(name: str, text: str) -> Forge:
    return lambda root: (root / name).write_text(text + (root / name).read_text())


RESOLVED: dict[str, Forge] = {
    **{
        f"resolved.yaml with {key} {value[:24]}": _with_text("resolved.yaml", key, value)
        for key, value in {
            "hidden": "[1000000, 1000000]",
            "path": "/dev/zero",
            "batch_size": "full",
            "threads": "1000000000",
            "seed": "9" * 400,
            "name": '"\\e[31m"',
            "target": '"\\e[31m\\x9b"',
            "notes": '"\\e[31m\\n\\e]0;x\\a[red]x[/]"',
            "loss": "auto",
            "kernels": '"\\e[31m"',
            "dtype": "float64",
            "train": "1e308",
            "units": "1",
            "activation": "{kind: tanh}",
            "categorical": "['../../x']",
            "epochs": "1000000000",
            "label_noise": "1e999",
            "init": "{kind: auto, scale: 1.0e+300}",
        }.items()
        if key != "units"
    },
    "resolved.yaml with 10¹² units": _with_text("resolved.yaml", "hidden", "[1000000000000]"),
    "resolved.yaml of 1,100 layers": _with_text("resolved.yaml", "hidden", f"[{'4,' * 1_100}]"),
    "resolved.yaml of 2,900 layers": _with_text("resolved.yaml", "hidden", f"[{'1,' * 2_900}]"),
    "resolved.yaml of another network": _with_text("resolved.yaml", "hidden", "[40000, 40000]"),
    "resolved.yaml of a FIFO as its data": _with_text("resolved.yaml", "path", "../../beside/fifo"),
    **{
        f"{name} extends {target}": _before(name, f"extends: {target}\n")
        for name in ("resolved.yaml", "spec.yaml")
        for target in ("/etc/passwd", "../../secret.yaml", "/dev/zero", "resolved.yaml")
    },
    **{f"{name} with a tag": _before(name, TAG) for name in ("resolved.yaml", "spec.yaml")},
    **{f"{name} of 4 GiB of nothing": sparse(name, 4 << 30) for name in ("resolved.yaml", "spec.yaml")},
    **{f"{name} of brackets": content(name, filled("[")) for name in ("resolved.yaml", "spec.yaml")},
    **{
        f"{name} of unknown keys in ANSI": content(name, START + '"\\e[31m\\x9b\\n": 1\n' * 100)
        for name in ("resolved.yaml", "spec.yaml")
    },
    **{
        f"resolved.yaml asks for {name}": content("resolved.yaml", START * ("data" not in text) + text)
        for name, text in GREEDY.items()
    },
    "spec.yaml that differs in ANSI": _with_text("spec.yaml", "data", '{source: digits}\nnotes: "\\e[31m\\x9b[red]"'),
    "overrides of a stranger": put(
        "run.json", "overrides", ["extends=/etc/passwd", "data.source.path=/dev/zero", "seed=" + "9" * 9999]
    ),
}


def _columns(count: int) -> Forge:
    names = [f"c{k}" for k in range(count)]
    return together(
        put("preparation.json", "columns", names),
        put("preparation.json", "inputs", [
            {"kind": "numbers", "images": False, "columns": names, "fill": [0.5] * count, "flagged": list(range(count))}
        ]),
        put("preparation.json", "normalization", {"mean": [0.5] * count, "divisor": [1.5] * count, "held": [], "constant": []}),
    )  # fmt: skip


def _nested(levels: int) -> Any:
    tree: Any = 1
    for _ in range(levels):
        tree = [tree]
    return tree


def _empty_lists(count: int) -> Forge:
    return content("preparation.json", lambda: b'{"schema": 1, "inputs": [' + b"[]," * count + b"0]}")


def _named(name: str) -> Forge:
    """Call a column of numbers so, and a class, and a word."""
    return together(
        put("preparation.json", "columns.1", name),
        put("preparation.json", "inputs.0.columns.0", name),
        put("preparation.json", "inputs.1.words.0", name),
        put("preparation.json", "target.names", [name, "yes"]),
    )


PREPARATION: dict[str, Forge] = {
    "preparation.json with ANSI in its names": _named(BELL),
    "preparation.json with line ends in its names": _named("a\nb\r\n$ x"),
    "preparation.json with classes in ANSI": put("preparation.json", "target.names", [BELL, f"{BELL}2"]),
    "preparation.json with long names": _named("x" * 1_000_000),
    "preparation.json with 100,000 columns": _columns(100_000),
    "preparation.json with a million columns": _columns(1_000_000),
    "preparation.json with 100,000 classes": put("preparation.json", "target.names", [f"k{k}" for k in range(100_000)]),
    "preparation.json of empty lists": _empty_lists(3_000_000),
    "preparation.json of many empty lists": _empty_lists(20_000_000),
    **{
        f"preparation.json with {key} {what}": put("preparation.json", key, value)
        for key, values in {
            "normalization.mean": {"of text": ["x", "y"], "too short": [1.0], "too long": [1.0] * 9,
                "deep": _nested(900), "of 400 digits": [10**400] * 2},
            "normalization.divisor": {"0": [0.0, 0.0], "negative": [-1.0, 1.0], "1e-320": [1e-320] * 2, "null": None},
            "normalization.held": {"in ANSI": [BELL], "a number": 1, "of a million texts": ["x" * 3] * 1_000_000},
            "inputs.0.fill": {"short": [1.0], "of text": ["x"] * 2, "null": None, "deep": _nested(900), "of lists": [[1], [2]]},
            "inputs.0.flagged": {"beyond": [10**9], "negative": [-1], "twice": [0, 0], "of text": ["0"], "a dict": {"0": 1}},
            "inputs.0.kind": {"unknown": BELL, "deep": _nested(900)},
            "inputs.0.images": {"1": 1, "text": "false"},
            "inputs.1.words": {"of numbers": [1, 2], "twice": ["a", "a"], "a text": "abc"},
            "inputs.1.other": {"text": "yes", "true": True},
            "target.names": {"one": ["a"], "none": [], "of numbers": [1, 2], "twice": ["a", "a"], "deep": _nested(900)},
            "target.labels": {"integer": "integer", "boolean": "boolean", "unknown": "object", "a list": ["text"]},
            "target": {"a number": {"kind": "number", "mean": 0.0, "deviation": 1.0}, "null": None, "unknown": {"kind": BELL}},
            "dtype": {"object": "object", "float64": "float64", "of a list": ["float32"]},
            "schema": {"newer": 2, "text": BELL, "deep": _nested(900)},
            "columns": {"a text": "abc", "too many": ["a"] * 9, "of objects": [{}]},
        }.items()
        for what, value in values.items()
    },
    "preparation.json with an infinite mean": replace("preparation.json", '"mean": [', '"mean": [1e999, '),
    "preparation.json with an infinite scale": together(
        put("preparation.json", "target", {"kind": "number", "mean": 0.0, "deviation": 1.5}),
        replace("preparation.json", '"deviation": 1.5', '"deviation": 1e999'),
    ),
}  # fmt: skip
