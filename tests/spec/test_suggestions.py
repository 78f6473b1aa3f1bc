import pytest

from dlrun.nn.layers import LeakyRelu
from dlrun.nn.schedules import Exponential, InverseTime, Staircase
from dlrun.spec.faults import ROOT
from dlrun.spec.model import Spec
from dlrun.spec.schema import fields_of, key_paths
from dlrun.spec.suggestions import KEY_WORDS, KIND_WORDS, closest, meant_key, meant_kind


def test_every_word_leads_to_a_key_that_exists() -> None:
    assert {meaning.key for meaning in KEY_WORDS} <= set(key_paths(Spec))


def test_no_word_hides_a_key() -> None:  # but these, which are keys of some kinds, or of the items of a list, only
    words = {word for words in KEY_WORDS.values() for word in words}
    keys = {path.rpartition(".")[2] for path in key_paths(Spec)}
    assert keys & words == {"rate", "beta", "alpha", "weight_decay", "units", "labels", "epoch"}


def test_no_word_is_told_twice_for_a_key() -> None:
    assert all(len(words) == len(set(words)) for words in (*KEY_WORDS.values(), *KIND_WORDS.values()))
    assert len({meaning.key for meaning in KEY_WORDS}) == len(KEY_WORDS)


def test_every_word_leads_to_a_kind_that_exists() -> None:
    kinds: set[str] = set()
    sections = list(ROOT.classes)
    while sections:
        for field in fields_of(sections.pop()).values():
            kinds |= set(field.shape.kinds)
            sections += field.shape.inner
    assert set(KIND_WORDS) <= kinds
    assert not set(KIND_WORDS) & {word for words in KIND_WORDS.values() for word in words} - {"none", "linear"}


@pytest.mark.parametrize(
    ("word", "here", "key"),
    [
        ("lambda", "regularization", "regularization.l2"),
        ("lambd", "", "regularization.l2"),
        ("alpha", "optimizer", "learning_rate.initial"),
        ("lr", "", "learning_rate.initial"),
        ("weight_decay", "optimizer", "regularization.l2"),
        ("weight-decay", "optimizer", "regularization.l2"),
        ("Dropout", "architecture", "regularization.keep_prob"),
        ("droput", "regularization", "regularization.keep_prob"),
        ("batch", "training", "training.batch_size"),
        ("batch_size", "", "training.batch_size"),
        ("bach_size", "", "training.batch_size"),
        ("epsilon", "optimizer", "optimizer.eps"),
        ("beta", "", "optimizer.beta"),
        ("n_epochs", "training", "training.epochs"),
        ("layers", "architecture", "architecture.hidden"),
        ("units", "architecture", "architecture.hidden"),
        ("sead", "", "seed"),
        ("file", "data.source", "data.source.path"),
        ("clipnorm", "training", "training.clip"),
        ("clip_norm", "optimizer", "training.clip"),
        ("gradient_clipping", "", "training.clip"),
        ("clipvalue", "training", "training.clip.value"),
        ("batchnorm", "", "architecture.batch_norm"),
        ("bn", "architecture", "architecture.batch_norm"),
        ("bn", "architecture.hidden", "architecture.hidden.batch_norm"),
        ("dropout", "architecture.hidden", "architecture.hidden.keep_prob"),
        ("dropout", "", "regularization.keep_prob"),
        ("neurons", "architecture.hidden", "architecture.hidden.units"),
        ("neurons", "architecture", "architecture.hidden"),
        ("nonlinearity", "architecture.hidden", "architecture.hidden.activation"),
        ("momentum", "", "optimizer.beta"),
        ("momentum", "architecture.batch_norm", "architecture.batch_norm.running_beta"),
        ("nesterov", "optimizer", "optimizer.kind"),
        ("warmup_steps", "learning_rate", "learning_rate.warmup"),
        ("warmup_steps", "training", "learning_rate.warmup"),
        ("l1_ratio", "regularization", "regularization.l1"),
        ("maxnorm", "regularization", "regularization.max_norm"),
        ("max_norm", "training", "regularization.max_norm"),
        ("class_weight", "", "loss.class_weights"),
        ("label_smoothing", "", "loss.label_smoothing"),
        ("input_dropout", "regularization", "regularization.keep_prob.input"),
        ("hidden_layers", "architecture", "architecture.hidden"),
        ("hidden_layers", "", "architecture.hidden"),
        ("layers", "training", "architecture.hidden"),
        ("decay_rate", "", "learning_rate.decay"),
        ("alpha", "", "learning_rate.initial"),
        ("epsilon", "", "optimizer.eps"),
        ("hidden_layers", "regularization.keep_prob", "regularization.keep_prob.hidden"),
        ("eta_min", "learning_rate.decay", "learning_rate.decay.final"),
        ("negative_slope", "architecture.activation", "architecture.activation.slope"),
    ],
)
def test_words_people_bring(word: str, here: str, key: str) -> None:
    siblings = [path.rpartition(".")[2] for path in key_paths(Spec) if path.rpartition(".")[0] == here]
    meaning = meant_key(word, here, siblings, key_paths(Spec))
    assert meaning is not None
    assert meaning.key == key


@pytest.mark.parametrize(
    ("word", "kind", "key"),
    [("decay_rate", InverseTime, "rate"), ("decay_rate", Exponential, "base"), ("gamma", Staircase, "factor"),
     ("gamma", Exponential, "base"), ("step_size", Staircase, "every"), ("alpha", LeakyRelu, "slope")],
)  # fmt: skip
def test_of_several_meanings_the_one_that_this_kind_has(word: str, kind: type, key: str) -> None:
    here = "architecture.activation" if kind is LeakyRelu else "learning_rate.decay"
    meaning = meant_key(word, here, list(fields_of(kind)), key_paths(Spec))
    assert meaning is not None
    assert (meaning.section, meaning.leaf) == (here, key)


def test_a_misspelt_word_is_named() -> None:
    meaning = meant_key("droput", "regularization", ["l2", "keep_prob"], key_paths(Spec))
    assert meaning is not None
    assert meaning.word == "dropout"


@pytest.mark.parametrize("word", ["xyzzy", "", "q" * 100_000])
def test_nothing_near_gives_no_suggestion(word: str) -> None:
    assert meant_key(word, "", list(fields_of(Spec)), key_paths(Spec)) is None
    assert meant_kind(word, ["adam"]) is None


def test_kinds() -> None:
    assert meant_kind("sgd", ["gradient_descent", "adam"]) == "gradient_descent"
    assert meant_kind("adma", ["gradient_descent", "adam"]) == "adam"
    assert meant_kind("mse", ["adam"]) is None
    assert meant_kind("none", ["relu", "identity"]) == "identity"
    assert meant_kind("none", ["constant", "linear"]) == "constant"
    assert meant_kind("linear", ["relu", "identity"]) == "identity"
    assert meant_kind("logistic", ["relu", "sigmoid"]) == "sigmoid"


def test_the_first_of_equals_is_closest() -> None:
    assert closest("betta", ["beta1", "beta2"]) == "beta1"
    assert closest("BETA2", ["beta1", "beta2"]) == "beta2"
