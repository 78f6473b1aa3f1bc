"""Run commands one by one and say what each cost; small and without imports of ours, so that its own size is not counted.

A child starts as a copy of its parent, and the kernel remembers the largest size a process ever had: from a large parent every
child would look large. Reads lines of JSON (the arguments of Python), writes lines of JSON (what came of it).
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

MOST_SECONDS = 20  # of the processor
MOST_PATIENCE = 120.0  # seconds of the clock, on a machine that others use too; only what blocks takes so long
MOST_BYTES = 8 << 30  # so that a spec that gets through its bounds does not take the machine with it


def limit() -> None:
    """Bound a child: memory, and processor seconds."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))


def run(arguments: list[str], folder: str) -> dict[str, object]:
    """Run Python with these arguments; return exit code, processor seconds, peak megabytes, and what was said."""
    out, err = Path(folder, "stdout"), Path(folder, "stderr")
    with out.open("wb") as stdout, err.open("wb") as stderr:
        child = subprocess.Popen(
            [sys.executable, *arguments], stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, cwd=folder, preexec_fn=limit
        )
        end = time.monotonic() + MOST_PATIENCE
        while not (found := os.wait4(child.pid, os.WNOHANG))[0]:
            if time.monotonic() > end:
                child.kill()
            time.sleep(0.005)
    _, status, usage = found
    child.returncode = os.waitstatus_to_exitcode(status)
    said = {}
    for name, path in (("stdout", out), ("stderr", err)):
        with path.open(encoding="utf-8", errors="backslashreplace", newline="") as file:
            said[name] = file.read(1 << 20)
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    seconds = usage.ru_utime + usage.ru_stime
    return {"code": child.returncode, "seconds": seconds, "megabytes": usage.ru_maxrss / unit, **said}


if __name__ == "__main__":
    for line in sys.stdin:
        arguments, folder = json.loads(line)
        print(json.dumps(run(arguments, folder)), flush=True)
