"""The manifest: two copies, each with a checksum of its own."""

import json
from contextlib import suppress
from pathlib import Path

import pytest

from dlrun.checkpoint.manifest import Entry, Manifest, manifests
from dlrun.errors import DlrunError
from dlrun.rundir.paths import RunPaths
from tests.checkpoint.states import forge, made

FULL = Manifest(
    last=Entry("00000009.npz", 9, "a"), previous=Entry("00000007.npz", 7, "b"), best=Entry("00000003.best.npz", 3, "c")
)


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    paths = made(tmp_path / "run")
    FULL.save(paths)
    return paths


@pytest.mark.parametrize("manifest", [FULL, Manifest(), Manifest(last=FULL.last)])
def test_it_comes_back_as_it_was_saved(paths: RunPaths, manifest: Manifest) -> None:
    manifest.save(paths)
    assert list(manifests(paths)) == [manifest]
    assert Manifest.load(paths.manifest_copy) == manifest


def test_a_copy_that_says_something_else_comes_second(paths: RunPaths) -> None:
    copy = paths.manifest_copy.read_bytes()
    Manifest(last=FULL.last).save(paths)
    paths.manifest_copy.write_bytes(copy)
    assert list(manifests(paths)) == [Manifest(last=FULL.last), FULL]


def test_no_changed_byte_is_believed(paths: RunPaths) -> None:
    paths.manifest_copy.unlink()
    whole = paths.manifest.read_bytes()
    for place in range(len(whole)):
        for changed in (whole[:place], whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]):
            paths.manifest.write_bytes(changed)
            with suppress(DlrunError):
                assert list(manifests(paths)) == [FULL]  # a blank that became another one


@pytest.mark.parametrize("changes", [{"schema": 2}, {"other": 1}, {"last": []}, {"last": {"file": "00000009.npz"}}])
def test_what_is_not_ours_is_refused_though_its_checksum_is_right(paths: RunPaths, changes: dict[str, object]) -> None:
    forge(paths, **changes)
    with pytest.raises(DlrunError):
        next(manifests(paths))


def test_a_manifest_of_an_early_version_is_read(paths: RunPaths) -> None:
    tree = json.loads(paths.manifest.read_text())
    del tree["previous"]
    forge(paths)
    paths.manifest.write_text(json.dumps(tree))
    forge(paths, best=tree["best"] | {"file": "00000003.npz"})
    assert next(manifests(paths)).best == Entry("00000003.npz", 3, "c")
