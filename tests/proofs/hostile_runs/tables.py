"""What may stand in the CSV files of a run."""

from tests.proofs.hostile_runs.forging import BELL, Forge, content, replace, sparse

SAFE = BELL.replace("\ud800", "")  # what UTF-8 can hold
METRICS = "epoch,step,learning_rate,cost,train_loss,train_error,dev_loss,dev_error,weight_norm\n"
STEPS = "step,epoch,learning_rate,cost\n"
PREDICTIONS = "id,label,prediction,probability,loss\n"
HEADERS = {"metrics.csv": METRICS, "steps.csv": STEPS, "predictions/dev.csv": PREDICTIONS}


def _contents(header: str) -> dict[str, bytes | str]:
    """Return what may stand in a table that honestly has this header."""
    return {
        "with ragged rows": header + "1,2\n1,2,3,4,5,6,7,8,9,10,11,12\n1\n",
        "with a column more in every row": header + ("1," * header.count(",") + "1,1\n") * 3,
        "with a row of a million cells": header + "1," * 1_000_000 + "1\n",
        "with a million columns": "a," * 1_000_000 + header,
        "with a million columns named apart": ",".join(f"c{k}" for k in range(300_000)) + "," + header + "1," * 300_005 + "\n",
        "with formulas": header + "=cmd()" + ",=cmd()" * header.count(",") + "\n",
        "with ANSI": header + SAFE + f",{SAFE}" * header.count(",") + "\n",
        "with a header of ANSI": f"{SAFE}," + header + "1\n",
        "with NUL": header + "\0,\0,\0,\0\n",
        "without an end": header + "1" + ",1" * header.count(","),
        "with an open quote": header + '"' + "1,2\n" * 1000,
        "with far numbers": header + "1e999,-1e999,nan,1e308,9" + "9" * 500 + ",1,1,1,1\n",
        "with a cell of 3 MB": header + "x" * 3_000_000 + ",1" * header.count(",") + "\n",
        "of nothing": "",
        "of a header": header,
        "that is not UTF-8": header.encode() + b"\xff\xfe,1,2,3\n",
        "of line ends": header + "\n" * 1_000_000,
        "that is compressed": b"\x1f\x8b\x08\x00" + b"x" * 100,
    }


TABLES: dict[str, Forge] = {
    f"{name} {what}": content(name, data) for name, header in HEADERS.items() for what, data in _contents(header).items()
} | {
    **{
        f"{name} of {size >> 20:,} MiB of nothing": sparse(name, size)
        for name in HEADERS
        for size in (30 << 20, 200 << 20, 2 << 30)
    },
    "predictions of an unknown class": replace("predictions/dev.csv", ",yes,", ",maybe,"),
    "steps of steps that go back": content("steps.csv", STEPS + "9,0,1,1\n1,0,1,2\n-5,0,1,3\n" * 20),
    "steps of one value": content("steps.csv", STEPS + "1,0,1,1\n"),
    "steps of equal values": content("steps.csv", STEPS + "1,0,1,1\n" * 30),
    "steps of tiny values": content("steps.csv", STEPS + "".join(f"{k},0,1,{k}e-320\n" for k in range(1, 30))),
    "steps of large values": content("steps.csv", STEPS + "".join(f"{k},0,1,{k}e99\n" for k in range(1, 30))),
}
