"""`dlrun train SPEC --folds K`: a run for each fold, and one in which they are pooled."""

import sys
from collections.abc import Sequence
from pathlib import Path

from dlrun.cli.closing import raise_for_gates_of
from dlrun.cli.many import Manner
from dlrun.cli.options import Format
from dlrun.cli.printing import print_json
from dlrun.cli.repeated import note_what_is_left, watched
from dlrun.errors import Interrupted
from dlrun.gates.stored import stored_rows
from dlrun.report.contract import KEYS, contract
from dlrun.report.fold_table import print_folds
from dlrun.report.gate_rows import gates_page
from dlrun.report.terminal import console
from dlrun.rundir.listing import list_runs, short_ids
from dlrun.seeds.folds import Pooled, fold_jobs, pool
from dlrun.seeds.gating import named_once
from dlrun.seeds.jobs import Done, failure
from dlrun.spec import LoadedSpec
from dlrun.statistics.means import mean_of


def train_folds(
    loaded: LoadedSpec,
    changes: Sequence[str],
    count: int,
    runs_dir: Path,
    manner: Manner,
) -> None:
    """Train one run a fold, pool what they predict, print it, and raise what went wrong with any of them, or with the gates."""
    finished: list[Done] = []
    pooled: Pooled | None = None
    loaded, changes = named_once(loaded, changes, runs_dir, lambda: [job.loaded for job in fold_jobs(loaded, changes, count)])
    jobs = fold_jobs(loaded, changes, count)
    try:
        finished.extend(watched(jobs, runs_dir, manner))
        if error := failure(finished):
            error.add_note(f"nothing is pooled: that takes all {count} folds")
            raise error
        pooled = pool(finished, loaded, runs_dir, argv=sys.argv, overrides=changes)
    except Interrupted as stopped:
        note_what_is_left(stopped, jobs, finished, f"of {count} folds are done; nothing is pooled, that takes all of them")
        raise
    finally:
        if manner.output is Format.json and any(done.paths for done in finished):
            _print_json(finished, pooled)
    if manner.output is Format.text:
        _print(finished, pooled, runs_dir)
    raise_for_gates_of(pooled[1], strict=manner.strict)


def _print(finished: Sequence[Done], pooled: Pooled, runs_dir: Path) -> None:
    paths, record, diagnosis = pooled
    ids, out = short_ids(list_runs(runs_dir)), console()
    out.print()
    print_folds([(ids[done.paths.id], done.diagnosis) for done in finished if done.paths and done.diagnosis], diagnosis, out)
    if rows := stored_rows(record.summary["gates"]):
        for part in gates_page(rows, diagnosis.errors.metric):
            out.print(part)
    out.print()
    out.print(f"run      {paths.root}", soft_wrap=True)


def _print_json(finished: Sequence[Done], pooled: Pooled | None) -> None:
    """Print the pooled run as any run is printed, and its folds; without it the same keys, and what there is."""
    folds = [
        {"fold": number, **contract(done.paths, done.record)}
        for number, done in enumerate(finished, start=1)
        if done.paths and done.record
    ]
    empty = dict.fromkeys(KEYS)
    told = contract(*pooled[:2]) if pooled else empty | {"status": "failed"}
    errors = [done.diagnosis.errors.dev.value for done in finished if done.diagnosis and done.diagnosis.errors.dev]
    mean = mean_of(errors) if errors else None
    print_json({**told, "folds": folds, "mean": {"error": mean.value, "n": mean.n, "spread": mean.spread} if mean else None})
