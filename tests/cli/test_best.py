import json
from pathlib import Path

import pytest

from tests.cli.test_ls import store_four
from tests.commands import Shell
from tests.stored_runs import spec_with, store_run, summary


@pytest.fixture
def dlrun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("words", "tail"),
    [
        ([], "bbbb"),
        (["--by", "dev.error"], "bbbb"),
        (["--by", "dev_error", "--max"], "aaaa"),
        (["--where", "optimizer=momentum"], "cccc"),
        (["--where", "dev_error>1%", "--where", "optimizer=adam"], "aaaa"),
        (["--by", "learning_rate.initial", "--max"], "aaaa"),
        (["--by", "initial"], "bbbb"),  # two have it: no losses, so the earliest
        (["--by", "started", "--max"], "cccc"),  # the newest has failed
        (["--by", "optimizer.kind", "--max"], "cccc"),
    ],
)
def test_one_id_is_printed_and_nothing_else(dlrun: Shell, words: list[str], tail: str) -> None:
    store_four(Path("runs"))
    done = dlrun("best", *words)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(f"-digits-{tail}\n")
    assert done.out.count("\n") == 1


def test_json_has_id_path_and_value(dlrun: Shell) -> None:
    store_four(Path("runs"))
    told = json.loads(dlrun("best", "--format", "json").out)
    name = "20260131-120100-digits-bbbb"
    assert told == {"run": name, "path": f"runs/{name}", "by": "dev_error", "value": 0.01}


def test_it_is_the_run_that_at_best_means(dlrun: Shell) -> None:
    for minute, (tail, loss) in enumerate([("aaaa", 0.3), ("bbbb", 0.1), ("cccc", 0.1)]):
        store_run(Path("runs"), minute, tail, summary=summary(0.02, loss))
    assert dlrun("best").out.strip()[-4:] == "bbbb"
    assert "bbbb" in dlrun("rm", "@best").err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--where", "dev_error<0.1%"], "none of the 4 runs is so"),
        (["--status", "failed"], "No such option"),
        (["--by", "dev_loss"], "no completed run has a dev_loss"),
        (["--by", "dev_eror"], "did you mean 'dev_error'"),
        (["--where", "status=failed"], "no completed run has a dev error"),
    ],
)
def test_without_one_it_is_refused(dlrun: Shell, words: list[str], said: str) -> None:
    store_four(Path("runs"))
    done = dlrun("best", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_before_the_first_run_it_says_what_to_type(dlrun: Shell) -> None:
    done = dlrun("best")
    assert (done.code, done.out) == (2, "")
    assert "dlrun train SPEC" in done.err


def test_errors_in_other_units_are_not_compared_but_seconds_are(dlrun: Shell) -> None:
    store_run(Path("runs"), 0, "aaaa", seconds=2.0)
    store_run(Path("runs"), 1, "bbbb", summary=summary(0.5, metric="rmse"), seconds=1.0)
    assert dlrun("best").code == 2
    assert dlrun("best", "--where", "metric=rmse").out.strip()[-4:] == "bbbb"
    assert dlrun("best", "--by", "seconds").out.strip()[-4:] == "bbbb"


def test_folds_are_left_out_unless_there_is_nothing_else(dlrun: Shell) -> None:
    runs, fold = Path("runs"), {"number": 1, "of": 3}
    store_run(runs, 0, "aaaa", spec=spec_with(data__split__fold=fold), summary=summary(0.0, 0.1), seconds=3.0)
    assert dlrun("best").out.strip()[-4:] == "aaaa"
    store_run(runs, 1, "bbbb", kind="folds", summary=summary(0.02, 0.2) | {"folds": ["x", "y", "z"]}, seconds=9.0)
    assert dlrun("best").out.strip()[-4:] == "bbbb"
    store_run(runs, 2, "cccc", spec=spec_with(data__split__fold=None), summary=summary(0.03, 0.3), seconds=5.0)
    for words in ([], ["--by", "dev_loss"], ["--where", "dev_error<5%"]):
        assert dlrun("best", *words).out.strip()[-4:] == "cccc"
    assert "cccc" in dlrun("rm", "@best").err
    assert dlrun("best", "--where", "folds=3").out.strip()[-4:] == "bbbb"
    assert dlrun("best", "--where", "data.split.fold.of=3").out.strip()[-4:] == "aaaa"
    assert dlrun("best", "--by", "seconds").out.strip()[-4:] == "aaaa"  # that depends on no examples
