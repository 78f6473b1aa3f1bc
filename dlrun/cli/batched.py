"""What came of a batch: a row for each run and each group of seeds, printed and written as was asked for."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from rich.text import Text

from dlrun.batch.running import Result
from dlrun.cli.options import TableFormat
from dlrun.cli.printing import no_room, print_json
from dlrun.diagnosis.gating import Judged, failed, undecided
from dlrun.experiment.stored import group_diagnosis
from dlrun.report.contract import contract
from dlrun.report.group_table import group_json, mean_text, metric_of
from dlrun.report.junit import junit
from dlrun.report.outcomes import Outcome, csv_outcomes, markdown_outcomes, missed_gates, outcome_columns
from dlrun.report.run_table import print_runs
from dlrun.report.terminal import console
from dlrun.rundir.files import write_atomically
from dlrun.rundir.groups import Group, key_of
from dlrun.rundir.listing import list_runs, short_ids
from dlrun.seeds.gating import group_gates, has_gates


def outcomes_of(results: Sequence[Result], runs_dir: Path, *, strict: bool) -> list[Outcome]:
    """Return what came of each run, and under the runs of a group what they, and the gates of their mean, say together."""
    rows: list[Outcome] = []
    for (_, several), found in groupby(results, key=lambda result: (result.member.spec, result.member.part is not None)):
        runs = list(found)
        if not several:
            rows += map(_outcome, runs)
            continue
        group = _group_of(runs)
        rows += (_outcome(result, group.key if group else None) for result in runs)
        rows.append(_of_group(runs, group, runs_dir, strict=strict))
    return rows


def _outcome(result: Result, group: str | None = None) -> Outcome:
    member, run = result.member, result.run
    return Outcome(
        spec=str(member.spec),
        name=member.label,
        status=result.status,
        failed=result.failed,
        code=result.code,
        seconds=result.seconds,
        told=contract(run.paths, run.record) if run and run.record else {},
        why=result.why,
        log=result.log,
        seed=member.part.seed if member.part else None,
        group=group,
    )


def _group_of(results: Sequence[Result]) -> Group | None:
    """Return the group that the runs of one spec make, as `dlrun train --seeds` has it; None before the first has begun."""
    runs = [result.run for result in results if result.run and result.run.record]
    keys = [key for run in runs if run.record and (key := key_of(run.record))]
    return Group(keys[0], tuple(reversed(runs))) if keys else None


def _of_group(results: Sequence[Result], group: Group | None, runs_dir: Path, *, strict: bool) -> Outcome:
    """Return the mean of the runs of a spec, with its interval and the spread; that one of them failed, its own row says."""
    member, judged = results[0].member, group.judged if group else ()
    gates: tuple[Judged, ...] = ()
    told: dict[str, object] = {}
    if group and judged:
        diagnosis = group_diagnosis(group)
        gates = group_gates(group, diagnosis, runs_dir) if has_gates(group) else ()
        told = {"metric": group.metric, "errors": group_json(group)["errors"], "verdict": diagnosis.to_json()["verdict"]}
        told["gates"] = [gate.to_json() for gate in gates]
    return Outcome(
        spec=str(member.spec),
        name=f"{member.name}, {len(results)} seeds",
        status="completed" if len(judged) == len(results) else f"{len(judged)} of {len(results)}",
        failed=False,
        code=3 if failed(gates) else 4 if strict and undecided(gates) else 0,
        seconds=sum(result.seconds for result in results),
        told=told,
        group=group.key if group else None,
        runs=tuple(run.paths.id for run in reversed(group.runs)) if group else (),
    )


def report(results: Sequence[Result], outcomes: Sequence[Outcome], runs_dir: Path, output: TableFormat, to: Path | None) -> None:
    """Write JUnit's XML, if somebody wants it, and print the rest."""
    if to:
        write_atomically(to, junit(outcomes))
    headline = _headline(outcomes)
    match output:
        case TableFormat.json:
            print_json([outcome.to_json() for outcome in outcomes])
        case TableFormat.csv:
            print(csv_outcomes(outcomes), end="")
        case TableFormat.md:
            print(markdown_outcomes(outcomes, headline))
        case TableFormat.text:
            out = console()
            left_out = print_runs(outcome_columns(outcomes, short_ids(list_runs(runs_dir))), out)
            for note in no_room(left_out):
                console(stderr=True).print(f"· {note}", style="dim")
            out.print()
            for outcome in outcomes:
                for said in missed_gates(outcome):
                    out.print(Text(f"· {said}", style="red" if outcome.code == 3 else "yellow"), soft_wrap=True)
            for line in _means(results):
                out.print(line, soft_wrap=True)
            out.print(headline)


def _means(results: Sequence[Result]) -> Iterator[str]:
    """Yield a line for each group, as `dlrun train --seeds` says it."""
    parts = [result for result in results if result.member.part]
    for _, found in groupby(parts, key=lambda result: result.member.spec):
        runs = list(found)
        group = _group_of(runs)
        if group and (mean := group.mean("dev_error")):
            yield f"{runs[0].member.name}: dev error {mean_text(mean, metric_of(group))}"


def _headline(outcomes: Sequence[Outcome]) -> str:
    runs = [outcome for outcome in outcomes if outcome.runs is None]
    failed = sum(outcome.failed for outcome in runs)
    gates = sum(outcome.code == 3 and outcome.decides for outcome in outcomes)
    needless = sum(outcome.status == "needless" for outcome in runs)
    specs = len({outcome.spec for outcome in runs})
    what = "specs" if specs == len(runs) else f"runs of {specs} spec{'s' if specs > 1 else ''}"
    words = [f"{len(runs) - failed} of {len(runs)} {what} are complete"]
    words += [f"{failed} failed"] if failed else []
    words += [f"{gates} with a gate that failed"] if gates else []
    words += [f"{needless} had been run before"] if needless else []
    return ", ".join(words)
