"""Many seeds: each child is the run that its resolved.yaml, or its overrides, train alone."""

from pathlib import Path

import pytest

from dlrun.experiment.opening import open_run
from dlrun.experiment.setup import set_up
from dlrun.rundir.groups import group_key
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from dlrun.seeding import derived_seeds
from dlrun.seeds.chance import seed_jobs
from dlrun.seeds.jobs import Done, run_jobs
from dlrun.spec import LoadedSpec, read_spec
from tests.experiments import SMALL, write_spec

SAME = ("resolved.yaml", "metrics.csv", "steps.csv", "layers.csv", "preparation.json", "predictions/dev.csv", "diagnosis.json")


def unseen(event: object) -> None:
    pass


def trained(loaded: LoadedSpec, runs: Path) -> RunPaths:
    with open_run(set_up(loaded), runs) as run:
        for _ in run.train():
            pass
        run.finish()
        return run.paths


@pytest.fixture(scope="module")
def children(tmp_path_factory: pytest.TempPathFactory) -> list[Done]:
    directory = tmp_path_factory.mktemp("seeds")
    jobs = seed_jobs(read_spec(write_spec(directory), ["training.epochs=2"]), ["training.epochs=2"], 3)
    return list(run_jobs(jobs, directory / "runs", workers=2, see=unseen))


def bytes_of(paths: RunPaths) -> dict[str, bytes]:
    return {name: (paths.root / name).read_bytes() for name in SAME}


def of(done: Done) -> tuple[RunPaths, RunRecord]:
    assert done.paths
    assert done.record
    assert not done.error
    return done.paths, done.record


def test_children_are_what_their_resolved_specs_train_alone(children: list[Done], tmp_path: Path) -> None:
    for done in children:
        paths, record = of(done)
        assert (record.spec["seed"], record.spec["seeds"]) in {(seed, 1) for seed in derived_seeds(3, 3)}
        assert bytes_of(trained(read_spec(paths.resolved), tmp_path / "runs")) == bytes_of(paths)


def test_children_are_what_their_overrides_train_by_hand(children: list[Done], tmp_path: Path) -> None:
    paths, record = of(children[-1])
    again = trained(read_spec(write_spec(tmp_path), record.overrides), tmp_path / "runs")
    assert bytes_of(again) == bytes_of(paths)


def test_the_first_child_is_the_plain_run(children: list[Done], tmp_path: Path) -> None:
    plain = bytes_of(trained(read_spec(write_spec(tmp_path), ["training.epochs=2"]), tmp_path / "runs"))
    first = bytes_of(of(children[0])[0])
    del plain["resolved.yaml"], first["resolved.yaml"]  # one says `data.seed: null`, the other what that means
    assert first == plain


def test_all_children_have_the_same_examples_and_unlike_weights(children: list[Done]) -> None:
    tables = [of(done)[0].predictions_of("dev").read_text().splitlines() for done in children]
    labels = [[line.split(",")[:2] for line in table] for table in tables]
    assert labels[0] == labels[1] == labels[2]
    assert len(labels[0]) == 61
    assert len({of(done)[0].metrics.read_bytes() for done in children}) == 3


def test_children_record_their_group(children: list[Done]) -> None:
    records = [of(done)[1] for done in children]
    assert {record.group for record in records} == {group_key(records[0].spec)}
    assert {record.parent for record in records} == {None}


def test_children_use_one_thread_each(tmp_path: Path) -> None:
    jobs = seed_jobs(read_spec(write_spec(tmp_path), ["training.threads=2"]), [], 2)
    assert [job.loaded.spec.training.threads for job in jobs] == [1, 1]


def test_a_data_seed_of_ones_own_is_kept(tmp_path: Path) -> None:
    jobs = seed_jobs(read_spec(write_spec(tmp_path), ["data.seed=99"]), [], 3)
    assert {job.loaded.spec.data.seed for job in jobs} == {99}
    assert [job.loaded.spec.seed for job in jobs] == list(derived_seeds(3, 3))


@pytest.mark.parametrize("kept", ["data.label_noise={train: 20%}", "data.source.noise=0.3"])
def test_another_root_seed_leaves_generated_and_spoilt_data_alone(tmp_path: Path, kept: str) -> None:
    spec = write_spec(tmp_path, SMALL)
    one, other = (set_up(read_spec(spec, [kept, "data.seed=5", f"seed={seed}"])) for seed in (1, 2))
    assert one.splits.train.x.tobytes() == other.splits.train.x.tobytes()
    assert one.splits.train.y.tobytes() == other.splits.train.y.tobytes()
    assert one.findings == other.findings
    assert one.network.params.theta.tobytes() != other.network.params.theta.tobytes()
    plain = set_up(read_spec(spec, [kept, "seed=5"]))
    assert plain.splits.train.x.tobytes() == one.splits.train.x.tobytes()
