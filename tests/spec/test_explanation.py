import pytest

from dlrun.errors import InvalidInput
from dlrun.purposes import Purpose
from dlrun.spec.explanation import Key, Kind, keys, kinds, topics
from dlrun.spec.model import Spec
from dlrun.spec.schema import key_paths
from dlrun.spec.suggestions import KEY_WORDS, KIND_WORDS


def titles(word: str) -> list[str]:
    return [topic.title for topic in topics(word)]


def test_every_key_and_kind_is_explained() -> None:
    assert {key.path for key in keys()} == {path for path in key_paths(Spec) if not path.endswith(".kind")}
    assert all(key.summary and key.allowed for key in keys())
    assert all(kind.prose.summary for kind in kinds())


def test_every_key_but_the_seed_has_a_purpose() -> None:
    assert [key.path for key in keys() if not key.purposes] == ["seed"]


@pytest.mark.parametrize(
    ("key", "purposes"),
    [
        ("optimizer.beta1", [Purpose.FIT]),
        ("optimizer.weight_decay", [Purpose.VARIANCE]),  # its own, not its section's
        ("architecture.hidden.keep_prob", [Purpose.VARIANCE]),
        ("training.early_stopping", [Purpose.FIT, Purpose.VARIANCE]),
        ("training.early_stopping.patience", [Purpose.FIT, Purpose.VARIANCE]),  # what it stands in says
        ("training.batch_size", [Purpose.SPEED]),
        ("data.split.dev", [Purpose.REALITY]),
    ],
)
def test_a_purpose_is_a_keys_own_or_that_of_its_section(key: str, purposes: list[Purpose]) -> None:
    (topic,) = topics(key)
    assert isinstance(topic, Key)
    assert list(topic.purposes) == purposes


def test_a_key_several_kinds_share_is_told_once_for_those_that_agree() -> None:
    eps = {key.kinds: key.default for key in keys() if key.path == "optimizer.eps"}
    assert eps == {("adagrad",): "1e-10", ("rmsprop",): "1e-08", ("adam", "adamw", "nadam"): "1e-08"}
    (beta1,) = topics("optimizer.beta1")
    assert isinstance(beta1, Key)
    assert (beta1.allowed, beta1.default) == ("a number at least 0 and below 1", "0.9")


def test_a_kind_has_its_own_keys_in_its_own_order() -> None:
    for word in ("adam", "optimizer.adam", "optimizer=adam", "optimizer: adam"):
        (adam,) = topics(word)
        assert isinstance(adam, Kind)
        assert adam.is_default
        assert [key.name for key in adam.keys] == ["beta1", "beta2", "eps"]


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("lambda", "regularization.l2"),
        ("lambd", "regularization.l2"),
        ("weight_decay", "regularization.l2"),
        ("alpha", "learning_rate.initial"),
        ("lr", "learning_rate.initial"),
        ("beta", "optimizer.beta"),
        ("epsilon", "optimizer.eps"),
        ("dropout", "regularization.keep_prob"),
        ("batch", "training.batch_size"),
        ("momentum", "optimizer: momentum"),
        ("sgd", "optimizer: gradient_descent"),
        ("kaiming", "architecture.init: he"),
    ],
)
def test_words_of_the_course_and_of_other_tools_lead_to_the_right_key(word: str, first: str) -> None:
    assert titles(word)[0] == first


def test_a_word_with_several_meanings_leads_to_all_of_them() -> None:
    assert titles("weight_decay") == ["regularization.l2", "optimizer.weight_decay"]
    assert set(titles("alpha")) == {"learning_rate.initial", "architecture.activation.slope", "architecture.activation.alpha"}
    assert any(topic.remark for topic in topics("weight_decay"))


def test_every_word_of_the_tables_leads_where_they_say() -> None:
    for meaning, words in KEY_WORDS.items():
        if not meaning.key.endswith(".kind"):
            assert all(meaning.key in titles(word) or word in titles(word) for word in words), meaning
    for kind, words in KIND_WORDS.items():
        for word in words:
            assert {kind, word} & {topic.name for topic in topics(word)}, word


def test_a_purpose_leads_to_the_keys_that_have_it() -> None:
    assert all(isinstance(key, Key) and Purpose.VARIANCE in key.purposes for key in topics("variance"))
    assert "regularization.l2" in titles("variance")
    assert "learning_rate.initial" in titles("bias")


@pytest.mark.parametrize(
    ("word", "cure"), [("learning_rte", "learning_rate"), ("optimizer.beta3", "optimizer.beta"), ("qqqq", "dlrun explain")]
)
def test_a_word_for_nothing_is_an_error_with_the_nearest_name(word: str, cure: str) -> None:
    with pytest.raises(InvalidInput, match=cure):
        topics(word)
