import hashlib
from importlib import resources

import numpy as np
from sklearn.datasets import load_digits

from dlrun.data.sources.digits import Digits


def test_is_what_scikit_learn_has() -> None:
    theirs = load_digits()
    ours = Digits().load(0)
    examples = ours.parts["all"]
    assert examples.x.dtype == np.uint8
    np.testing.assert_array_equal(examples.x, theirs.data)
    np.testing.assert_array_equal(examples.y, theirs.target)
    assert ours.features == tuple(theirs.feature_names)
    assert ours.images


def test_names_its_authors_and_its_file() -> None:
    folder = resources.files("dlrun.data.sources")
    attribution = folder.joinpath("digits.LICENSE.txt").read_text(encoding="utf-8")
    assert all(word in attribution for word in ("Alpaydin", "Kaynak", "10.24432/C50P49", "CC BY 4.0"))
    assert Digits().load(0).sha256 == hashlib.sha256(folder.joinpath("digits.npz").read_bytes()).hexdigest()
