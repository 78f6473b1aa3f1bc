"""One place to add one thing: an optimizer written into its file, in a copy, is known everywhere the same day."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

HEAVY_BALL = '''
@dataclass(frozen=True, kw_only=True)
class HeavyBall:
    """Momentum without the averaging factor.

    v = β v + g,   θ = θ − α v
    """

    kind: Literal["heavy_ball"] = "heavy_ball"
    beta: Annotated[float, Ge(0), Lt(1)] = 0.6
    """How much of its speed the ball keeps."""
    slots: ClassVar[tuple[str, ...]] = ("v",)

    def step(
        self, theta: Array, grad: Array, slots: Slots, scratch: Array, lr: float, t: int, *, weights: slice, kernels: Kernels
    ) -> None:
        """Update theta and v in place."""
        v = slots["v"]
        np.multiply(v, self.beta, out=v)
        np.add(v, grad, out=v)
        np.multiply(v, lr, out=scratch)
        np.subtract(theta, scratch, out=theta)

'''

PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/nn/test_optimizers.py")
SPEC = "{data: {source: {kind: moons, examples: 100}}, optimizer: {kind: heavy_ball, beta: 0.5}, training: {epochs: 2}}"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house with one class and one name more."""
    there = tmp_path_factory.mktemp("copy")
    for folder in ("dlrun", "tests"):
        shutil.copytree(ROOT / folder, there / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", there)
    file = there / "dlrun/nn/optimizers.py"
    registry = "\n# the registry: a new optimizer is one class above and its name here\nOptimizer = "
    text = file.read_text()
    assert registry in text
    file.write_text(text.replace(registry, HEAVY_BALL + registry + "HeavyBall | "))
    (there / "spec.yaml").write_text(SPEC)
    return there


def run(copy: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    env = os.environ | {"PYTHONPATH": str(copy), "NO_COLOR": "1"}
    return subprocess.run([sys.executable, *words], cwd=copy, env=env, capture_output=True, text=True, timeout=120, check=False)


def test_it_is_validated_and_trained(copy: Path) -> None:
    assert run(copy, "-m", "dlrun", "validate", "spec.yaml").returncode == 0
    assert run(copy, "-m", "dlrun", "train", "spec.yaml").returncode == 0
    wrong = run(copy, "-m", "dlrun", "validate", "spec.yaml", "-s", "optimizer.beta=1.5")
    assert wrong.returncode == 2
    assert "optimizer.beta must be below 1, got 1.5" in wrong.stderr
    misspelt = run(copy, "-m", "dlrun", "validate", "spec.yaml", "-s", "optimizer=heavy_bal")
    assert "did you mean 'heavy_ball'?" in misspelt.stderr


def test_it_is_explained(copy: Path) -> None:
    told = run(copy, "-m", "dlrun", "explain", "heavy_ball").stdout
    for words in ("Momentum without the averaging factor.", "v = β v + g", "How much of its speed the ball keeps.", "0.6"):
        assert words in told
    assert "heavy_ball" in run(copy, "-m", "dlrun", "explain", "optimizer").stdout


def test_it_is_in_the_schema(copy: Path) -> None:
    schema = json.loads(run(copy, "-m", "dlrun", "schema").stdout)
    assert schema["definitions"]["HeavyBall"]["properties"]["beta"]["anyOf"][0]["exclusiveMaximum"] == 1


def test_the_laws_hold_it_to_account(copy: Path) -> None:
    laws = ("-k", "HeavyBall or heavy_ball", "--deselect", "tests/nn/test_optimizers.py::test_50_steps_are_the_textbooks")
    done = run(copy, *PYTEST, *laws)
    assert done.returncode == 0, done.stdout
    assert int(done.stdout.split(" passed")[0].split()[-1]) >= 6

    file = copy / "dlrun/nn/optimizers.py"
    good = file.read_text()
    file.write_text(good.replace("np.multiply(v, lr, out=scratch)", "scratch = v * lr"))  # allocates in the step
    done = run(copy, *PYTEST, *laws)
    file.write_text(good)
    assert "test_a_step_allocates_nothing_as_large_as_theta" in done.stdout


def test_without_an_oracle_of_its_own_the_tests_ask_for_one(copy: Path) -> None:
    done = run(
        copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/nn/test_optimizers.py", "-k", "textbooks and HeavyBall"
    )
    assert done.returncode == 1
