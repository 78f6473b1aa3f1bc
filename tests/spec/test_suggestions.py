import pytest

from dlrun.spec.faults import ROOT
from dlrun.spec.model import Spec
from dlrun.spec.schema import fields_of, key_paths
from dlrun.spec.suggestions import KEY_WORDS, KIND_WORDS, closest, meant_key, meant_kind


def test_every_word_leads_to_a_key_that_exists() -> None:
    assert {meaning.key for meaning in KEY_WORDS.values()} <= set(key_paths(Spec))


def test_no_word_hides_a_key() -> None:  # but these two, which are keys of some kinds only
    assert not {path.rpartition(".")[2] for path in key_paths(Spec)} & set(KEY_WORDS) - {"rate", "beta"}


def test_every_word_leads_to_a_kind_that_exists() -> None:
    kinds: set[str] = set()
    sections = list(ROOT.classes)
    while sections:
        for field in fields_of(sections.pop()).values():
            kinds |= set(field.shape.kinds)
            sections += field.shape.classes
    assert set(KIND_WORDS.values()) <= kinds


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
    ],
)
def test_words_people_bring(word: str, here: str, key: str) -> None:
    siblings = [path.rpartition(".")[2] for path in key_paths(Spec) if path.rpartition(".")[0] == here]
    meaning = meant_key(word, here, siblings, key_paths(Spec))
    assert meaning is not None
    assert meaning.key == key


def test_a_misspelt_word_is_named() -> None:
    meaning = meant_key("droput", "regularization", ["l2", "keep_prob"], key_paths(Spec))
    assert meaning is not None
    assert meaning.word == "dropout"


@pytest.mark.parametrize("word", ["xyzzy", "", "q" * 100_000])
def test_nothing_near_gives_no_suggestion(word: str) -> None:
    assert meant_key(word, "", fields_of(Spec), key_paths(Spec)) is None
    assert meant_kind(word, ["adam"]) is None


def test_kinds() -> None:
    assert meant_kind("sgd", ["gradient_descent", "adam"]) == "gradient_descent"
    assert meant_kind("adma", ["gradient_descent", "adam"]) == "adam"
    assert meant_kind("mse", ["adam"]) is None


def test_the_first_of_equals_is_closest() -> None:
    assert closest("betta", ["beta1", "beta2"]) == "beta1"
    assert closest("BETA2", ["beta1", "beta2"]) == "beta2"
