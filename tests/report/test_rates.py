import io

from rich.console import Console

from dlrun.report.rates import print_schedule, print_time


def page(schedule: dict[str, object]) -> str:
    file = io.StringIO()
    print_schedule(schedule, Console(file=file, width=100))
    return file.getvalue()


def rows(*rates: float) -> list[dict[str, float]]:
    return [{"epoch_num": k, "first": rate, "last": rate} for k, rate in enumerate(rates)]


def test_the_table_has_both_ends_and_about_twenty_rows() -> None:
    text = page({"epochs": 500, "rows": rows(*(1 / (1 + e) for e in range(500))), "depends_on_run": False})
    numbers = [line.split()[1] for line in text.splitlines() if line.startswith("# ") and line.split()[1].isdecimal()]
    assert numbers[:5] == ["0", "1", "2", "3", "4"]
    assert len(numbers) <= 20
    assert numbers[-1] == "499"
    assert "last step" not in text


def test_rates_that_change_within_an_epoch_have_two_columns() -> None:
    text = page({"epochs": 1, "rows": [{"epoch_num": 0, "first": 0.1, "last": 0.2}], "depends_on_run": True})
    assert "at its last step" in text
    assert "depends on the run" in text


def test_no_epoch_has_no_rate() -> None:
    assert "no rate" in page({"epochs": 0, "rows": [], "depends_on_run": False})


def test_times_are_written_in_their_own_unit() -> None:
    file = io.StringIO()
    time = {"steps": 20, "seconds_per_step": 8e-5, "seconds_per_epoch": 0.0123, "seconds_per_evaluation": 1.5,
            "total_seconds": 7300.0, "peak_memory": 2**26, "disk": 3 * 2**20}  # fmt: skip
    print_time(time, Console(file=file, width=100))
    for words in ("80 µs", "12.3 ms", "1.5 s", "2 h 1 min", "64 MiB", "3.0 MiB"):
        assert words in file.getvalue()
