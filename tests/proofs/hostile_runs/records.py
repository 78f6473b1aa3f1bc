"""What may stand in run.json, diagnosis.json, checks.json and provenance.json."""

import socket
from typing import Any

from tests.proofs.hostile_runs.forging import BELL, JSON, Forge, content, drop, put, replace, sparse, together

FAR = "1" + "0" * 400  # more than any float
LONG = "x" * 3_000_000


def _nested(levels: int) -> Any:
    tree: Any = "x"
    for _ in range(levels):
        tree = {"a": tree}
    return tree


RECORD: dict[str, Forge] = {
    "run.json with controls in every text": together(
        *(put("run.json", key, BELL) for key in ("run", "name", "stop_reason", "host", "parent")),
        put("run.json", "argv", ["dlrun", BELL, "a\nb"]),
        put("run.json", "overrides", [BELL]),
        put("run.json", "summary.verdict", [BELL, "high_bias\nx"]),
        put("run.json", "summary.headline", BELL),
        put("run.json", "spec.name", BELL),
        put("run.json", "spec.tags", [BELL]),
        put("run.json", f"spec.{BELL.replace('.', '')}", BELL),
    ),
    "run.json of an unknown status": put("run.json", "status", BELL),
    "run.json of a newer schema": put("run.json", "schema", 2),
    "run.json of a schema of text": put("run.json", "schema", BELL),
    "run.json with unknown keys": put("run.json", BELL.replace(".", ""), 1),
    "run.json with long texts": together(
        *(put("run.json", key, LONG) for key in ("name", "stop_reason")), put("run.json", "summary.verdict", [LONG])
    ),
    "run.json with a long value in its spec": put("run.json", "spec.name", LONG),
    "run.json with a long list in its spec": put("run.json", "spec.tags", list(range(300_000))),
    "run.json with 100,000 keys in its spec": put("run.json", "spec", {f"a{k}": k for k in range(100_000)}),
    "run.json with a deep spec": put("run.json", "spec.data", _nested(800)),
    "run.json with a deep summary": put("run.json", "summary.errors", _nested(900)),
    "run.json of brackets": content("run.json", b"[" * 100_000),
    "run.json of empty lists": content("run.json", lambda: b'{"spec":[' + b"[]," * 5_000_000 + b"0]}"),
    "run.json with NaN": replace("run.json", '"seconds": ', '"seconds": NaN, "x": '),
    "run.json with 1e999": together(
        replace("run.json", '"dev_loss": ', '"dev_loss": 1e999, "x": '),
        replace("run.json", '"seconds": ', '"seconds": 1e999, "x": '),
    ),
    "run.json with infinite seconds": replace("run.json", '"ended": ', '"ended": null, "seconds": 1e999, "x": '),
    "run.json with 1e308 seconds": put("run.json", "seconds", 1e308),
    **{
        f"run.json with {key} of {what}": replace("run.json", f'"{key}": ', f'"{key}": {value}, "was": ')
        for key in ("best_epoch", "epochs", "steps", "parameters", "dev_loss", "metric", "errors", "verdict")
        for what, value in {"400 digits": FAR, "text": '"x"', "a list": "[[1]]"}.items()
    },
    "run.json with a dev error of 400 digits": put("run.json", "summary.errors.dev.error", int(FAR)),
    "run.json with a dev error of 1e200": put("run.json", "summary.errors.dev.error", 1e200),
    "run.json with limits of text": put("run.json", "summary.errors.dev", {"error": 0.1, "low": "x", "high": [1], "n": {}}),
    "run.json with a dev error of 1e308": put("run.json", "summary.errors.dev", {"error": 1e308, "low": -1e308, "high": 1e308}),
    "run.json with a number of 5,000 digits": replace("run.json", '"pid": ', '"pid": ' + "9" * 5000),
    "run.json begun in the year 1": together(
        put("run.json", "started", "0001-01-01T00:00:00+23:59"), put("run.json", "heartbeat", "9999-12-31T23:59:59-23:59")
    ),
    "run.json ended in the year 9999": put("run.json", "ended", "9999-12-31T23:59:59-23:59"),
    "run.json with looks of 400 digits": put(
        "run.json",
        "test_looks",
        [{"time": "2026-01-01T00:00:00+00:00", "part": BELL, "error": 0.5, "low": 0, "high": 1, "n": int(FAR)}],
    ),
    "run.json with a million looks": content(
        "run.json", lambda: b'{"schema": 1, "test_looks": [' + b'{"a": 1},' * 1_000_000 + b"{}]}"
    ),
    "run.json with a summary of a list": put("run.json", "summary", [1]),
    "run.json that runs here": together(
        put("run.json", "status", "running"), put("run.json", "pid", 1), put("run.json", "host", socket.gethostname())
    ),
    **{f"{name} of {size >> 20:,} MiB of nothing": sparse(name, size) for name in JSON for size in (10 << 20, 4 << 30)},
    **{f"{name} is no object": content(name, b"[1]") for name in JSON},
    **{f"{name} is empty": content(name, b"") for name in JSON},
    **{f"{name} is not UTF-8": content(name, b'{"a": "\xff\xfe"}') for name in ("run.json", "diagnosis.json")},
}

DIAGNOSIS: dict[str, Forge] = {
    **{
        f"diagnosis.json with {key} {what}": put("diagnosis.json", key, value)
        for key in (
            "errors.dev.n",
            "errors.dev.error",
            "errors.train.high",
            "errors.target.error",
            "tolerance",
            "scale",
            "confidence",
        )
        for what, value in {
            "0": 0,
            "-1": -1,
            "of text": "x",
            "1e308": 1e308,
            "of 400 digits": int(FAR),
            "1e-320": 1e-320,
            "a list": [1],
        }.items()
    },
    "diagnosis.json with 1e999 examples": replace("diagnosis.json", '"n": 40', '"n": 1e999'),
    "diagnosis.json with infinite limits": replace("diagnosis.json", '"scale": ', '"scale": 1e999, "x": '),
    "diagnosis.json with an infinite tolerance": replace("diagnosis.json", '"tolerance": ', '"tolerance": 1e999, "x": '),
    "diagnosis.json of a regression beyond floats": together(
        put("diagnosis.json", "metric", "rmse"),
        *(
            put("diagnosis.json", f"errors.{part}", {"error": 1e308, "low": 0, "high": 1.7e308, "n": 5})
            for part in ("train", "dev")
        ),
        put("diagnosis.json", "scale", 1e308),
    ),
    "diagnosis.json with an unknown metric": put("diagnosis.json", "metric", BELL),
    "diagnosis.json with a metric of a list": put("diagnosis.json", "metric", []),
    "diagnosis.json of another schema": put("diagnosis.json", "schema", BELL),
    "diagnosis.json with wrong labels in ANSI": put("diagnosis.json", "wrong_labels", [BELL]),
    "diagnosis.json with long wrong labels": put("diagnosis.json", "wrong_labels", ["x" * 1000] * 3000),
    "diagnosis.json with a headline in ANSI": together(
        put("diagnosis.json", "headline", BELL), put("diagnosis.json", "notes", [BELL])
    ),
    "diagnosis.json with baselines in ANSI": put(
        "diagnosis.json", "baselines", [{"kind": BELL, "error": 0, "low": 0, "high": 1, "n": 5, "difference": {}}]
    ),
    "diagnosis.json with a million baselines": put("diagnosis.json", "baselines", [{}] * 100_000),
    "diagnosis.json with a calibration of 400 digits": put(
        "diagnosis.json", "calibration", {"ece": {"value": int(FAR)}, "brier": {}, "n": int(FAR), "bins": int(FAR)}
    ),
    "diagnosis.json with extremes in ANSI": put("diagnosis.json", "dev_extremes", {BELL: 3, "x" * 100_000: 1}),
    "diagnosis.json with a ladder beyond floats": put(
        "diagnosis.json",
        "ladder",
        {
            "metric": "loss",
            "scale": 1e308,
            "target_assumed": BELL,
            "errors": {part: {"error": 1e308, "low": 0, "high": 1.7e308, "n": 5} for part in ("target", "train", "dev")},
        },
    ),
    "diagnosis.json with last errors of text": put(
        "diagnosis.json", "last_dev_errors", {"median": BELL, "rows": "9", "from_epoch": []}
    ),
    "diagnosis.json with last errors beyond floats": put(
        "diagnosis.json", "last_dev_errors", {"median": 1e308, "rows": 9, "from_epoch": 1e308}
    ),
    "diagnosis.json with a deep error": put("diagnosis.json", "errors.dev.error", _nested(900)),
    **{f"diagnosis.json without {key}": drop("diagnosis.json", key) for key in ("errors", "scale", "metric", "schema")},
}

_FINDING = {"check": "x", "severity": "error", "message": "x", "cure": "", "parts": ["train"], "facts": {}}
_CHANGES: dict[str, dict[str, Any]] = {
    "ANSI": {"message": BELL, "cure": BELL + "\n$ rm -rf"},
    "a message of a list": {"message": [BELL], "cure": {"a": 1}},
    "a severity of a list": {"severity": []},
    "parts of a number": {"parts": 1},
    "an unknown key": {"__class__": 1},
    "a deep fact": {"facts": _nested(900)},
    "a long message": {"message": LONG},
}
CHECKS: dict[str, Forge] = {
    **{f"checks.json with {what}": put("checks.json", "findings", [{**_FINDING, **told}]) for what, told in _CHANGES.items()},
    "checks.json with findings of numbers": put("checks.json", "findings", [1, None, "x"]),
    "checks.json with a million findings": put("checks.json", "findings", [{"severity": "fine"}] * 200_000),
}

_VALUES: dict[str, Any] = {
    "null": None, "a list": [], "text": BELL, "0": 0, "-5": -5, "10¹⁵": 10**15, "of 400 digits": int(FAR), "1e308": 1e308,
}  # fmt: skip
PROVENANCE: dict[str, Forge] = {
    f"provenance.json with {key} {what}": put("provenance.json", key, value)
    for key in ("data", "data.examples", "data.examples.train", "spec", "spec.sha256", "preparation")
    for what, value in _VALUES.items()
    if key == "data.examples.train" or not isinstance(value, int | float)
} | {"provenance.json with 1e999 examples": replace("provenance.json", '"train": 100', '"train": 1e999')}
