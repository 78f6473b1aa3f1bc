from pathlib import Path

import pytest

from dlrun.errors import InvalidInput
from dlrun.spec.compose import compose
from dlrun.spec.desugar import desugar, with_kinds
from dlrun.spec.faults import ROOT, Fault, kind_at
from dlrun.spec.schema import Shape
from dlrun.spec.text import Origin, Text
from dlrun.spec.tree import Entry, KeyPath, Mapping, Node, child
from dlrun.spec.validation import validate

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


DATA = Entry(Origin(Text("a.yaml", "", Path()), 1, 1, 0), compose(Text("a.yaml", "source: digits", Path()))[0])


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


BETA = "'beta' belongs to kind momentum, nesterov and rmsprop"
KEEP_PROB = "keep_prob is the probability of keeping a unit: 1 - the dropout rate"


@pytest.mark.parametrize(
    ("path", "where", "what", "cure"),
    [
        ("optimizer.beta", "1:25", ": adam has beta1, beta2 and eps", BETA),
        ("optimizer.momentum", "1:36", ", did you mean 'beta'?", BETA),
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
        (
            "data.split",
            "7:1",
            "missing key 'split' in 'data'",
            "it must be a mapping with train, dev, test, fold, stratify and by",
        ),
        ("seed", "1:1", "missing key 'seed'", "it must be a whole number at least 0"),
    ],
)
def test_problems(path: str, where: str, what: str, cure: str) -> None:
    steps = tuple(path.split("."))
    problem = Fault(steps, *at(steps)).problem(tree())
    assert (problem.where, problem.what, problem.cure) == (f"a.yaml:{where}", what, cure)


L2 = "l2 is λ of the penalty λ/(2m) Σ‖W‖²; weight decay in other tools is λ/m"
NESTEROV = "nesterov and nadam are kinds of their own: momentum and adam that look one step ahead"


@pytest.mark.parametrize(
    ("content", "what", "cure"),
    [
        ("optimizer: {kind: adam, weight_decay: 1}", "'weight_decay' in 'optimizer': adam has beta1, beta2 and eps",
         f"'weight_decay' belongs to kind adamw, or use 'regularization.l2': {L2}"),
        ("optimizer: {kind: momentum, nesterov: true}", "'nesterov' in 'optimizer', did you mean 'kind'?", NESTEROV),
        ("optimizer: {kind: gradient_descent, eps: 1}", "'eps' in 'optimizer': gradient_descent has no keys",
         "'eps' belongs to kind adagrad, rmsprop, adam, adamw and nadam"),
        ("architecture: {activation: {kind: relu, alpha: 1}}", "'alpha' in 'architecture.activation': relu has no keys",
         "'alpha' belongs to kind elu"),
        ("architecture: {activation: {kind: leaky_relu, alpha: 1}}",
         "'alpha' in 'architecture.activation', did you mean 'slope'?", ""),
        ("architecture: {hidden: [8, {units: 8, dropout: 0.5}]}",
         "'dropout' in 'architecture.hidden.1', did you mean 'keep_prob'?", KEEP_PROB),
        ("architecture: {hidden: [{units: 8, batch_norm: {momentum: 0.5}}]}",
         "'momentum' in 'architecture.hidden.0.batch_norm', did you mean 'running_beta'?",
         "running_beta is 1 - momentum of PyTorch, momentum of Keras"),
        ("architecture: {hidden: [{units: 8, l2: 0.5}]}",
         "'l2' in 'architecture.hidden.0', did you mean 'regularization.l2'?", ""),
        ("architecture: {hidden: [{units: 8, xyzzy: 1}]}", "'xyzzy' in 'architecture.hidden.0'",
         "allowed: units, activation, batch_norm, init or keep_prob"),
        ("learning_rate: {decay: {kind: cosine, step_size: 3}}",
         "'step_size' in 'learning_rate.decay', did you mean 'every'?", "'every' belongs to kind staircase"),
        ("loss: {kind: huber, label_smoothing: 0.1}", "'label_smoothing' in 'loss': huber has delta",
         "'label_smoothing' belongs to kind softmax_cross_entropy and sigmoid_cross_entropy"),
        ("label_smoothing: 0.1", "'label_smoothing', did you mean 'loss.label_smoothing'?", ""),
        ("class_weights: balanced", "'class_weights', did you mean 'loss.class_weights'?", ""),
    ],
)  # fmt: skip
def test_words_people_bring_where_they_stand(content: str, what: str, cure: str) -> None:
    node, _ = compose(Text("a.yaml", content, Path()))
    assert isinstance(node, Mapping)
    with pytest.raises(InvalidInput) as caught:
        validate(with_kinds(desugar(node.with_entry("data", DATA), ROOT), ROOT))
    (problem,) = caught.value.problems
    assert (problem.what, problem.cure) == (f"unknown key {what}", cure)


def test_a_word_of_its_own_is_no_kind() -> None:
    node, _ = compose(Text("a.yaml", "auto", Path()))
    field = ROOT.at("loss")
    assert field is not None
    problem = Fault(("loss", "kind"), node, field.shape).problem(tree())
    assert (problem.what, problem.cure) == ("'auto' is no kind of 'loss', it has no keys", "write loss: auto")


def test_kinds() -> None:
    field = ROOT.at("data")
    assert field is not None
    source, normalize = field.shape.at("source"), field.shape.at("normalize")
    assert source is not None
    assert normalize is not None
    node, _ = at(("data", "source", "kind"))
    problem = Fault(("data", "source", "kind"), node, source.shape).problem(tree())
    assert problem.what == "unknown kind 'cvs' in 'data.source', did you mean 'csv'?"
    assert problem.cure == "allowed: digits, csv, parquet, npz, npy, hdf5, moons, circles, spirals, blobs or temperatures"
    node, _ = at(("data", "normalize", "kind"))
    problem = Fault(("data", "normalize", "kind"), node, normalize.shape).problem(tree())
    assert problem.what == "data.normalize.kind must be standard, minmax or none, got a list of 1 item"
    assert kind_at(node) is None
