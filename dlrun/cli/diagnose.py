"""`dlrun diagnose RUN`: the verdict on a finished run, from what it left on disk."""

from dlrun.cli.options import RUNS, Debug, Format, OutputFormat, RunReference, RunsDir
from dlrun.cli.printing import print_json


def diagnose(run: RunReference, runs_dir: RunsDir = RUNS, output: OutputFormat = Format.text, debug: Debug = False) -> None:
    """Say what is wrong with a run: high bias, high variance, both, neither, or not enough examples to know."""
    from dlrun.data.findings import told
    from dlrun.experiment.checking import stored_findings
    from dlrun.experiment.stored import stored_diagnosis
    from dlrun.gates.stored import stored_rows
    from dlrun.printable import printable
    from dlrun.report.terminal import console, print_diagnosis
    from dlrun.rundir.record import RunRecord
    from dlrun.rundir.references import find_run

    paths = find_run(run, runs_dir)
    found = stored_diagnosis(paths)
    if output is Format.json:
        gates = [row.to_json() for row in stored_rows(RunRecord.load(paths).summary.get("gates"))]
        print_json(found.to_json() | {"gates": gates})
        return
    out = console()
    out.print(printable(f"run {paths.id}"), style="dim")
    print_diagnosis(found, out)
    for sentence in told(stored_findings(paths)):
        out.print(printable(f"· {sentence}"), style="dim")
