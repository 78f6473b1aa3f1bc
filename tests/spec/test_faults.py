from pathlib import Path

import pytest

from dlrun.spec.compose import compose
from dlrun.spec.faults import ROOT, Fault, kind_at
from dlrun.spec.schema import Shape
from dlrun.spec.text import Text
from dlrun.spec.tree import KeyPath, Mapping, Node, child

CONTENT = """\
optimizer: {kind: adam, beta: 0.5, momentum: 0.9, betta1: 0.5, xyzzy: 1}
learning_rate: {decay: {kind: constant, rate: 1}}
regularization:
  droput: 0.5
  lambd: 1
training: {batch_size: 0, optimizer: adam}
data: {source: {kind: cvs}, normalize: {kind: [1]}}
tabs: 1
extend: base.yaml
"""


def tree() -> Mapping:
    node, _ = compose(Text("a.yaml", CONTENT, Path()))
    assert isinstance(node, Mapping)
    return node


def at(path: KeyPath) -> tuple[Node | None, Shape | None]:
    node: Node | None = tree()
    shape: Shape | None = ROOT
    for step in path:
        field = shape.at(str(step), kind_at(node)) if shape else None
        node, shape = child(node, step), field.shape if field else None
    return node, shape


KEEP_PROB = "keep_prob is the probability of keeping a unit: 1 - the dropout rate"


@pytest.mark.parametrize(
    ("path", "where", "what", "cure"),
    [
        ("optimizer.beta", "1:25", ": adam has beta1, beta2 and eps", "'beta' belongs to kind momentum"),
        ("optimizer.momentum", "1:36", ", did you mean 'beta'?", "'beta' belongs to kind momentum"),
        ("optimizer.betta1", "1:51", ", did you mean 'beta1'?", ""),
        ("optimizer.xyzzy", "1:64", "", "allowed: beta1, beta2 or eps"),
        ("learning_rate.decay.rate", "2:41", ": constant has no keys", "'rate' belongs to kind inverse_time"),
        ("regularization.droput", "4:3", ", did you mean 'keep_prob' (dropout)?", KEEP_PROB),
        ("training.optimizer", "6:27", ", did you mean 'optimizer' at the top level?", ""),
        ("tabs", "8:1", ", did you mean 'tags'?", ""),
        ("extend", "9:1", ", did you mean 'extends'?", ""),
    ],
)
def test_unknown_keys(path: str, where: str, what: str, cure: str) -> None:
    steps = tuple(path.split("."))
    problem = Fault(steps, *at(steps)).problem(tree())
    section = f" in '{'.'.join(steps[:-1])}'" if steps[:-1] else ""
    assert problem.what == f"unknown key '{steps[-1]}'{section}{what}"
    assert (problem.where, problem.cure) == (f"a.yaml:{where}", cure)


@pytest.mark.parametrize(
    ("path", "where", "what", "cure"),
    [
        ("training.batch_size", "6:24", "training.batch_size must be at least 1, got 0", ""),
        ("data.split", "7:1", "missing key 'split' in 'data'", "it must be a mapping with train, dev, test and stratify"),
        ("seed", "1:1", "missing key 'seed'", "it must be a whole number at least 0"),
    ],
)
def test_problems(path: str, where: str, what: str, cure: str) -> None:
    steps = tuple(path.split("."))
    problem = Fault(steps, *at(steps)).problem(tree())
    assert (problem.where, problem.what, problem.cure) == (f"a.yaml:{where}", what, cure)


def test_kinds() -> None:
    field = ROOT.at("data")
    assert field is not None
    source, normalize = field.shape.at("source"), field.shape.at("normalize")
    assert source is not None
    assert normalize is not None
    node, _ = at(("data", "source", "kind"))
    problem = Fault(("data", "source", "kind"), node, source.shape).problem(tree())
    assert problem.what == "unknown kind 'cvs' in 'data.source', did you mean 'csv'?"
    assert problem.cure == "allowed: digits, csv, npz, moons, circles, spirals or blobs"
    node, _ = at(("data", "normalize", "kind"))
    problem = Fault(("data", "normalize", "kind"), node, normalize.shape).problem(tree())
    assert problem.what == "data.normalize.kind must be standard or none, got a list of 1 item"
    assert kind_at(node) is None
