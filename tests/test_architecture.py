"""The floors of the house: imports run downward only, and who may import what."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "dlrun"

FLOORS: dict[str, int] = {
    "errors": 0, "arrays": 0, "seeding": 0, "purposes": 0, "printable": 0,
    "kernels": 1, "statistics": 1, "memory": 1,
    "nn": 2, "data": 2, "diagnosis": 2, "rundir": 2,
    "spec": 3, "training": 3, "checkpoint": 3, "drift": 3,
    "experiment": 4, "report": 4, "export": 4, "gates": 4, "comparison": 4, "workers": 4,
    "seeds": 5, "batch": 5,
    "cli": 6, "api": 6,
}  # fmt: skip
ALLOWED_ON_ONE_FLOOR = {("checkpoint", "training"), ("errors", "printable")}
OUTSIDE = {
    "pydantic": {"spec"},
    "yaml": {"spec"},
    "pandas": {"data.sources", "api"},
    "pyarrow": {"data.sources"},
    "h5py": {"data.sources"},
    "matplotlib": {"report"},
    "rich": {"cli", "report"},
    "typer": {"cli"},
    "llvmlite": {"kernels"},
    "numba": {"kernels"},
    "threadpoolctl": {"experiment"},
    "numpy": {
        "errors",
        "arrays",
        "seeding",
        "kernels",
        "statistics",
        "nn",
        "data",
        "training",
        "checkpoint",
        "experiment",
        "drift",
        "export",
        "api",
        "report",
        "comparison",
        "seeds",
    },
}
STANDARD_OR_OUR_OWN_CHOICE = {"annotated_types"}
LONGEST_FILE = 300
LONGEST_FUNCTION = 50


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield ".".join(part for part in parts if part != "__init__"), path


def imports(path: Path) -> Iterator[str]:
    """Yield every imported module, those inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(module: str) -> str:
    return module.split(".")[0]


MODULES = dict(modules())
OURS = [(name, path) for name, path in MODULES.items() if name not in {"", "__main__"}]


@pytest.mark.parametrize(("name", "path"), OURS, ids=[name for name, _ in OURS])
def test_imports_run_downward(name: str, path: Path) -> None:
    here = room(name)
    for imported in imports(path):
        if not imported.startswith("dlrun."):
            continue
        target = imported.removeprefix("dlrun.")
        there = room(target)
        if there == here or there == "__version__":
            continue
        assert there in FLOORS, f"dlrun.{name} imports dlrun.{target}, a room without a floor: give it one here and in the docs"
        down = FLOORS[there] < FLOORS[here] or (here, there) in ALLOWED_ON_ONE_FLOOR
        assert down, f"dlrun.{name} (floor {FLOORS[here]}) imports dlrun.{target} (floor {FLOORS[there]})"


@pytest.mark.parametrize(("name", "path"), OURS, ids=[name for name, _ in OURS])
def test_foreign_packages_stay_in_their_rooms(name: str, path: Path) -> None:
    import sys

    for imported in imports(path):
        package = imported.split(".")[0]
        if package in sys.stdlib_module_names | STANDARD_OR_OUR_OWN_CHOICE | {"dlrun"}:
            continue
        assert package in OUTSIDE, f"dlrun.{name} imports {package}, which no room may: say in test_architecture where it belongs"
        allowed = any(name == place or name.startswith(f"{place}.") for place in OUTSIDE[package])
        assert allowed, f"dlrun.{name} imports {package}; only {', '.join(sorted(OUTSIDE[package]))} may"


CHANGING = {
    "os": {"open", "write", "pwrite", "fsync", "fdatasync", "ftruncate", "truncate", "rename", "replace", "unlink", "remove",
           "mkdir", "makedirs", "rmdir", "symlink", "link"},
    "shutil": {"rmtree", "move", "copy", "copy2", "copyfile", "copytree"},
}  # fmt: skip
CHANGING_PATHS = {"write_text", "write_bytes", "mkdir", "unlink", "rmdir", "symlink_to", "hardlink_to", "touch", "rename"}
OF_A_RUN = [(name, path) for name, path in OURS if room(name) in {"rundir", "checkpoint", "training", "experiment", "batch"}]


@pytest.mark.parametrize(("name", "path"), OF_A_RUN, ids=[name for name, _ in OF_A_RUN])
def test_one_layer_changes_the_files_of_a_run(name: str, path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if name == "rundir.disk" or not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
        around = node.func.attr in CHANGING.get(owner, set()) or (owner != "disk" and node.func.attr in CHANGING_PATHS)
        assert not around, f"dlrun.{name} calls {ast.unparse(node.func)}: only rundir.disk may, where tests put their faults"


def test_no_two_modules_import_each_other_in_a_circle() -> None:
    names = set(MODULES)
    graph = {
        name: {t for i in imports(path) if i.startswith("dlrun.") and (t := i.removeprefix("dlrun.")) in names} - {name}
        for name, path in MODULES.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"a circle of imports: {' → '.join((*trail[trail.index(name) :], name))}"
        if name not in done:
            for other in graph[name]:
                # a package's face hands on names of the modules below it; those may not import the face
                visit(other, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize(("name", "path"), OURS, ids=[name for name, _ in OURS])
def test_files_and_functions_can_be_read_at_once(name: str, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_FILE, f"dlrun.{name} is longer than {LONGEST_FILE} lines: a folder of nouns?"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= LONGEST_FUNCTION, f"dlrun.{name}.{node.name} has {lines} lines"


def test_names_say_what_a_file_is() -> None:
    vague = {"utils", "common", "base", "helpers", "misc"}
    found = [name for name in MODULES if set(name.split(".")) & vague]
    assert not found, f"files named for nothing in particular: {found}"


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("test_*.py")), ids=lambda path: path.stem)
def test_tests_mirror_the_house(path: Path) -> None:
    relative = path.relative_to(ROOT / "tests")
    mirrored = PACKAGE / relative.parent / relative.name.removeprefix("test_")
    whole_house = {
        "test_architecture.py", "test_ci.py", "test_configs.py", "test_dist.py", "test_docs.py", "test_exit_codes.py",
        "test_new_component.py", "oracle", "proofs",
    }  # fmt: skip
    ok = mirrored.exists() or mirrored.with_suffix("").is_dir() or relative.parts[0] in whole_house
    assert ok, f"tests/{relative} mirrors no module of dlrun"
