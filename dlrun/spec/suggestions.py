"""What a word that is no key, or no kind, was probably meant to be."""

import difflib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

CLOSE = 0.65  # of difflib's ratio: `cvs` is near `csv` (0.67), `init` is not near `adam`


class Meaning(NamedTuple):
    """The key a word leads to, how the two differ, if they do, and the word if it was not spelt so."""

    key: str
    remark: str = ""
    word: str = ""


_L2 = Meaning("regularization.l2", "l2 is λ of the penalty λ/(2m) Σ‖W‖²; weight decay in other tools is λ/m")
_KEEP_PROB = Meaning("regularization.keep_prob", "keep_prob is the probability of keeping a unit: 1 - the dropout rate")

# Words that people bring from other tools and from the course. A test holds that every key here exists.
KEY_WORDS: dict[str, Meaning] = {
    **dict.fromkeys(("lambda", "lambd", "weight_decay", "l2_penalty", "ridge"), _L2),
    **dict.fromkeys(("dropout", "dropout_rate", "drop_prob"), _KEEP_PROB),
    **dict.fromkeys(("lr", "alpha", "learningrate", "rate", "step_size", "eta"), Meaning("learning_rate.initial")),
    **dict.fromkeys(("lr_decay", "decay_rate", "schedule", "scheduler"), Meaning("learning_rate.decay")),
    **dict.fromkeys(("batch", "batchsize", "minibatch", "mini_batch", "mini_batch_size"), Meaning("training.batch_size")),
    **dict.fromkeys(
        ("n_epochs", "num_epochs", "max_epochs", "max_iter", "num_iterations", "iterations"), Meaning("training.epochs")
    ),
    **dict.fromkeys(
        ("layers", "units", "neurons", "hidden_layers", "layer_sizes", "hidden_layer_sizes", "layer_dims"),
        Meaning("architecture.hidden", "hidden is the list of units, one number a hidden layer"),
    ),
    **dict.fromkeys(("nonlinearity", "activation_function"), Meaning("architecture.activation")),
    **dict.fromkeys(("initializer", "initialization", "initialisation", "weight_init"), Meaning("architecture.init")),
    **dict.fromkeys(("model", "network"), Meaning("architecture")),
    **dict.fromkeys(("criterion", "objective", "loss_function", "cost"), Meaning("loss")),
    **dict.fromkeys(("normalization", "normalisation", "scaler", "scaling", "standardize"), Meaning("data.normalize")),
    **dict.fromkeys(("dataset", "csv", "npz"), Meaning("data.source")),
    **dict.fromkeys(("file", "filename", "csv_path"), Meaning("data.source.path")),
    **dict.fromkeys(("label", "labels", "y", "target_column"), Meaning("data.source.target")),
    **dict.fromkeys(("val", "valid", "validation", "validation_split"), Meaning("data.split.dev")),
    **dict.fromkeys(("test_size", "test_split"), Meaning("data.split.test")),
    "epsilon": Meaning("optimizer.eps"),
    **dict.fromkeys(("beta", "momentum", "rho"), Meaning("optimizer.beta")),
    **dict.fromkeys(("beta_1", "betas"), Meaning("optimizer.beta1")),
    "beta_2": Meaning("optimizer.beta2"),
    **dict.fromkeys(("optimiser", "solver"), Meaning("optimizer")),
    **dict.fromkeys(("random_state", "random_seed", "rng"), Meaning("seed")),
    **dict.fromkeys(("early_stop", "n_iter_no_change"), Meaning("training.early_stopping")),
    **dict.fromkeys(("precision", "float"), Meaning("training.dtype")),
    **dict.fromkeys(("n_jobs", "num_threads", "cores", "workers"), Meaning("training.threads")),
    **dict.fromkeys(("human_error", "bayes_error", "base_error", "optimal_error"), Meaning("diagnosis.target_error")),
    **dict.fromkeys(("description", "comment"), Meaning("notes")),
}

KIND_WORDS: dict[str, str] = {
    **dict.fromkeys(("sgd", "gd", "batch_gradient_descent"), "gradient_descent"),
    **dict.fromkeys(("mse", "l2", "mean_squared_error", "regression"), "squared_error"),
    **dict.fromkeys(("softmax", "cross_entropy", "crossentropy", "categorical_crossentropy"), "softmax_cross_entropy"),
    **dict.fromkeys(("binary_crossentropy", "bce", "logistic"), "sigmoid_cross_entropy"),
    **dict.fromkeys(("kaiming", "he_normal"), "he"),
    **dict.fromkeys(("glorot_normal", "glorot_uniform"), "glorot"),
    **dict.fromkeys(("zero", "0"), "zeros"),
    **dict.fromkeys(("zscore", "z_score", "standardize", "standard_scaler"), "standard"),
    **dict.fromkeys(("off", "false", "no"), "none"),
    "logistic_sigmoid": "sigmoid",
    **dict.fromkeys(("time", "inverse", "1/t"), "inverse_time"),
    "exp": "exponential",
}


def meant_key(word: str, here: str, siblings: Iterable[str], everywhere: Sequence[str]) -> Meaning | None:
    """Return the key that was probably meant by an unknown one under `here`; None if nothing comes near.

    In order: a word of other tools, a misspelt sibling, the same key in another section, any of these misspelt.
    """
    known = {path for path in everywhere if path != here and not here.startswith(path + ".")}
    words = {name: meaning for name, meaning in KEY_WORDS.items() if meaning.key in known}
    if meaning := words.get(_normal(word)):
        return meaning
    if near := closest(word, siblings):
        return Meaning(f"{here}.{near}" if here else near)
    leaves = {path.rpartition(".")[2]: Meaning(path) for path in reversed(everywhere) if path in known}
    meanings = words | leaves
    name = closest(word, meanings)
    return meanings[name]._replace(word="" if name in leaves else name) if name else None


def meant_kind(word: str, kinds: Iterable[str]) -> str | None:
    """Return the kind that was probably meant by an unknown one."""
    kinds = list(kinds)
    known = KIND_WORDS.get(_normal(word))
    return known if known in kinds else closest(word, kinds)


def closest(word: str, names: Iterable[str]) -> str | None:
    """Return the name nearest in spelling, the first of several; None if none is near."""
    matcher = difflib.SequenceMatcher(b=_normal(word))  # the side it prepares once
    near = None
    best = CLOSE
    for name in names:
        matcher.set_seq1(name)
        if matcher.quick_ratio() > best and (ratio := matcher.ratio()) > best:
            near, best = name, ratio
    return near


def _normal(word: str) -> str:
    return word[:100].lower().replace("-", "_").replace(" ", "_")
