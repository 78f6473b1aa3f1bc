"""Rows of a file that grows: each once, whole, and never an error."""

from pathlib import Path

from dlrun.rundir.following import MOST, Follower


def test_rows_come_once_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    follower = Follower(path)
    assert follower.new_rows() == []
    path.write_text("epoch,dev_er")
    assert follower.new_rows() == []
    path.write_text("epoch,dev_error\n1,0.5\n2,0.")
    assert follower.new_rows() == [{"epoch": "1", "dev_error": "0.5"}]
    path.write_text("epoch,dev_error\n1,0.5\n2,0.25\n3,\n")
    assert follower.new_rows() == [{"epoch": "2", "dev_error": "0.25"}, {"epoch": "3", "dev_error": ""}]
    assert follower.new_rows() == []


def test_a_file_that_is_cut_back_or_gone_is_followed_from_there(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,cost\n1,1\n2,2\n")
    follower = Follower(path)
    assert len(follower.new_rows()) == 2
    path.write_text("epoch,cost\n1,1\n")
    assert follower.new_rows() == []
    path.write_text("epoch,cost\n1,1\n2,3\n")
    assert follower.new_rows() == [{"epoch": "2", "cost": "3"}]
    path.unlink()
    assert follower.new_rows() == []


def test_of_a_long_file_the_last_rows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,cost\n" + "".join(f"{k},0.5\n" for k in range(MOST // 4)))
    assert Follower(path).new_rows()[-1]["epoch"] == str(MOST // 4 - 1)
