"""What a word that is no key, or no kind, was probably meant to be."""

import difflib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

CLOSE = 0.65  # of difflib's ratio: `cvs` is near `csv` (0.67), `init` is not near `adam`


class Meaning(NamedTuple):
    """The key a word leads to, how the two differ, if they do, and the word if it was not spelt so."""

    key: str
    remark: str = ""
    word: str = ""

    @property
    def section(self) -> str:
        """Return the address of the key's section; the top level has none."""
        return self.key.rpartition(".")[0]

    @property
    def leaf(self) -> str:
        """Return the key's own name."""
        return self.key.rpartition(".")[2]


_M = Meaning

# Words that people bring from other tools and from the course, by the key they lead to. Of a word with several meanings,
# the one in the section where it stands counts, otherwise the first. A test holds that every key here exists.
KEY_WORDS: dict[Meaning, tuple[str, ...]] = {
    _M("regularization.l2", "l2 is λ of the penalty λ/(2m) Σ‖W‖²; weight decay in other tools is λ/m"): (
        "lambda", "lambd", "weight_decay", "l2_penalty", "penalty", "ridge",
    ),
    _M("regularization.l1", "l1 and l2 are each the λ of their penalty"): ("l1_ratio", "l1_penalty", "lasso"),
    _M("regularization.keep_prob", "keep_prob is the probability of keeping a unit: 1 - the dropout rate"): (
        "dropout", "dropout_rate", "drop_prob",
    ),
    _M("regularization.keep_prob.input", "keep_prob is the probability of keeping a unit: 1 - the dropout rate"): (
        "input_dropout", "dropout_input",
    ),
    _M("regularization.max_norm"): ("max_norm_constraint", "maxnorm", "kernel_constraint", "weight_constraint"),
    _M("regularization.include_bias"): ("penalize_bias", "regularize_bias"),
    _M("optimizer"): ("optimiser", "solver"),
    _M("optimizer.kind", "nesterov and nadam are kinds of their own: momentum and adam that look one step ahead"): ("nesterov",),
    _M("optimizer.eps"): ("epsilon",),
    _M("optimizer.beta"): ("beta", "momentum", "rho"),
    _M("optimizer.beta1"): ("beta_1", "betas"),
    _M("optimizer.beta2"): ("beta_2",),
    _M("learning_rate.initial"): ("lr", "alpha", "learningrate", "rate", "step_size", "eta"),
    _M("learning_rate.decay"): ("lr_decay", "decay_rate", "schedule", "scheduler", "lr_scheduler"),
    _M("learning_rate.warmup", "warmup is in epochs, parts of one allowed"): ("warm_up", "warmup_steps", "warmup_epochs"),
    _M("learning_rate.decay.rates", "kind manual takes a list: rates: [{epoch: 10, rate: 1e-4}]"): ("milestones", "boundaries"),
    _M("learning_rate.decay.every"): ("step_size",),
    _M("learning_rate.decay.final", "final is a fraction of the initial rate"): ("min_lr", "eta_min", "end_lr", "final_lr"),
    _M("learning_rate.decay.peak", "peak is a multiple of the initial rate"): ("max_lr", "peak_lr"),
    _M("learning_rate.decay.rate"): ("decay_rate",),
    _M("learning_rate.decay.base"): ("gamma", "decay_rate"),
    _M("learning_rate.decay.factor"): ("gamma",),
    _M("training.batch_size"): ("batch", "batchsize", "minibatch", "mini_batch", "mini_batch_size"),
    _M("training.epochs"): ("epoch", "n_epochs", "num_epochs", "max_epochs", "max_iter", "num_iterations", "iterations"),
    _M("training.clip", "a number is the largest norm of the whole gradient; {value: 1} holds each entry"): (
        "clipnorm", "clip_norm", "clipping", "gradient_clipping", "gradient_clip", "grad_clip", "max_grad_norm", "clip_grad_norm",
    ),
    _M("training.clip.value"): ("clipvalue", "clip_value", "clip_grad_value"),
    _M("training.early_stopping"): ("early_stop", "n_iter_no_change"),
    _M("training.dtype"): ("precision", "float"),
    _M("training.threads"): ("n_jobs", "num_threads", "cores", "workers"),
    _M("architecture.hidden", "hidden is the list of units, one number a hidden layer"): (
        "layers", "units", "neurons", "hidden_layers", "layer_sizes", "hidden_layer_sizes", "layer_dims",
    ),
    _M("regularization.keep_prob.hidden"): ("layers", "hidden_layers"),
    _M("architecture.hidden.units"): ("size", "neurons", "nodes", "width"),
    _M("architecture.activation"): ("nonlinearity", "activation_function"),
    _M("architecture.activation.slope"): ("negative_slope", "alpha"),
    _M("architecture.batch_norm"): ("batchnorm", "bn", "batch_normalization", "batch_normalisation", "use_batch_norm"),
    _M("architecture.batch_norm.running_beta", "running_beta is 1 - momentum of PyTorch, momentum of Keras"): (
        "momentum", "beta",
    ),
    _M("architecture.batch_norm.eps"): ("epsilon",),
    _M("architecture.init"): ("initializer", "initialization", "initialisation", "weight_init", "kernel_initializer"),
    _M("architecture.init.std"): ("stddev",),
    _M("architecture"): ("model", "network"),
    _M("loss"): ("criterion", "objective", "loss_function", "cost"),
    _M("loss.label_smoothing"): ("smoothing",),
    _M("loss.class_weights"): ("class_weight",),
    _M("data.normalize"): ("normalization", "normalisation", "scaler", "scaling", "standardize"),
    _M("data.source"): ("dataset", "csv", "npz"),
    _M("data.source.path"): ("file", "filename", "csv_path"),
    _M("data.source.target"): ("label", "labels", "y", "target_column"),
    _M("data.missing"): ("imputation", "na", "nan", "missing_values", "fillna"),
    _M("data.split.by"): ("groups", "group_by", "groupby"),
    _M("data.split.dev"): ("val", "valid", "validation", "validation_split"),
    _M("data.split.test"): ("test_size", "test_split"),
    _M("seed"): ("random_state", "random_seed", "rng"),
    _M("diagnosis.target_error"): ("human_error", "bayes_error", "base_error", "optimal_error"),
    _M("gates"): ("gate", "thresholds", "requirements", "assertions", "ci"),
    _M("notes"): ("description", "comment"),
}  # fmt: skip

KIND_WORDS: dict[str, tuple[str, ...]] = {
    "gradient_descent": ("sgd", "gd", "batch_gradient_descent"),
    "nesterov": ("nag", "nesterov_momentum"),
    "squared_error": ("mse", "l2", "mean_squared_error", "regression"),
    "absolute": ("mae", "l1", "mean_absolute_error", "absolute_error"),
    "huber": ("smooth_l1",),
    "softmax_cross_entropy": ("softmax", "cross_entropy", "crossentropy", "categorical_crossentropy"),
    "sigmoid_cross_entropy": ("binary_crossentropy", "bce", "logistic"),
    "he": ("kaiming", "he_normal", "he_uniform", "kaiming_normal", "kaiming_uniform"),
    "xavier": ("lecun", "lecun_normal", "lecun_uniform"),
    "glorot": ("glorot_normal", "glorot_uniform", "xavier_normal", "xavier_uniform"),
    "normal": ("gaussian", "random", "random_normal", "randn"),
    "zeros": ("zero", "0"),
    "standard": ("zscore", "z_score", "standardize", "standard_scaler"),
    "sigmoid": ("logistic_sigmoid", "logistic"),
    "leaky_relu": ("lrelu", "prelu"),
    "identity": ("linear", "none"),
    "none": ("off", "false", "no"),
    "constant": ("none", "fixed"),
    "inverse_time": ("time", "inverse", "1/t"),
    "exponential": ("exp",),
    "staircase": ("step", "step_lr", "step_decay"),
    "manual": ("multi_step", "multi_step_lr", "piecewise", "piecewise_constant"),
    "cosine": ("cosine_annealing", "cosine_decay"),
    "one_cycle": ("1cycle", "one_cycle_lr"),
    "reduce_on_plateau": ("plateau", "reduce_lr_on_plateau"),
}


def meant_key(word: str, here: str, siblings: Sequence[str], everywhere: Sequence[str]) -> Meaning | None:
    """Return the key that was probably meant by an unknown one under `here`; None if nothing comes near.

    In order: a word of other tools, a misspelt sibling, the same key in another section, any of these misspelt.
    """
    known = {path for path in everywhere if path != here and not here.startswith(path + ".")}
    words = {name: found for name, meanings in _meanings().items() if (found := _nearest(meanings, here, siblings, known))}
    if meaning := words.get(_normal(word)):
        return meaning
    if near := closest(word, siblings):
        return Meaning(f"{here}.{near}" if here else near)
    leaves = {path.rpartition(".")[2]: Meaning(path) for path in reversed(everywhere) if path in known}
    meanings = words | leaves
    name = closest(word, meanings)
    return meanings[name]._replace(word="" if name in leaves else name) if name else None


@cache
def _meanings() -> dict[str, list[Meaning]]:
    """Return the meanings of each word."""
    found: dict[str, list[Meaning]] = {}
    for meaning, words in KEY_WORDS.items():
        for word in words:
            found.setdefault(word, []).append(meaning)
    return found


def _nearest(meanings: Iterable[Meaning], here: str, siblings: Sequence[str], known: set[str]) -> Meaning | None:
    """Return the meaning that fits best where the word stands: a key of this section, one of the same name, or the first."""
    meanings = [meaning for meaning in meanings if meaning.key in known]
    meanings.sort(key=lambda meaning: (meaning.leaf not in siblings, meaning.section != here))
    if meanings and meanings[0].leaf in siblings:
        return meanings[0]._replace(key=f"{here}.{meanings[0].leaf}".lstrip("."))
    return meanings[0] if meanings else None


def meanings_of(word: str) -> list[Meaning]:
    """Return the keys that a word of other tools or of the course leads to, those it fits best first."""
    return [meaning._replace(word=_normal(word)) for meaning in _meanings().get(_normal(word), [])]


def kinds_meant(word: str) -> list[str]:
    """Return the kinds that a word of other tools stands for."""
    return [kind for kind, words in KIND_WORDS.items() if _normal(word) in words]


def meant_kind(word: str, kinds: Iterable[str]) -> str | None:
    """Return the kind that was probably meant by an unknown one."""
    kinds = list(kinds)
    known = (kind for kind, words in KIND_WORDS.items() if kind in kinds and _normal(word) in words)
    return next(known, None) or closest(word, kinds)


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
