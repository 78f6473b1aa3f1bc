from dlrun.data.findings import Finding, part_name, told


def test_errors_are_told_first_and_what_is_fine_is_not() -> None:
    some = [
        Finding(check="a", severity="fine", message="all is well"),
        Finding(check="b", severity="warning", message="hm"),
        Finding(check="c", severity="error", message="no", cure="mend it"),
    ]
    assert told(some) == ("no → mend it", "hm")


def test_a_finding_is_plain_data() -> None:
    finding = Finding(check="drift", severity="fine", message="alike", parts=("dev", "test"), facts={"tests": 3})
    assert finding.to_json() == {
        "check": "drift", "severity": "fine", "message": "alike", "cure": "", "parts": ["dev", "test"], "facts": {"tests": 3},
    }  # fmt: skip
    assert part_name("train_dev") == "train-dev"
