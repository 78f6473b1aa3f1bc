"""The commands, and what an error looks like to the shell.

Exit codes: 0 ok · 1 the run failed · 2 usage, spec or data invalid · 3 a gate failed · 4 one is
inconclusive, under --strict · 5 diverged · 6 gradient check failed · 7 the run is busy ·
70 a bug · 130 / 143 interrupted.
"""

import gc
import os
import sys
import traceback
from contextlib import suppress
from io import TextIOWrapper
from typing import NoReturn

import typer

from dlrun.cli import (
    batch,
    best,
    compare,
    diagnose,
    evaluate,
    explain,
    export,
    gate,
    gradcheck,
    init,
    ls,
    predict,
    recipe,
    resume,
    rm,
    schema,
    show,
    smooth,
    train,
    validate,
)
from dlrun.cli.completion import rejoin_bash_words
from dlrun.errors import DlrunError, InvalidInput
from dlrun.printable import printable, printable_lines

FAILED, BUG = 1, 70
OBJECTS = 10_000  # new ones, until Python looks for garbage: imports make far more than its 700, and none is any

app = typer.Typer(
    name="dlrun",
    help="Train neural networks, see what is wrong, know what to try next. One YAML file is one experiment.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    init.init,
    train.train,
    resume.resume,
    batch.batch,
    diagnose.diagnose,
    recipe.recipe,
    gate.gate,
    evaluate.evaluate,
    predict.predict,
    gradcheck.gradcheck,
    validate.validate,
    explain.explain,
    schema.schema,
    show.show,
    export.export,
    ls.ls,
    compare.compare,
    best.best,
    rm.rm,
    smooth.smooth,
):
    app.command()(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        from dlrun import __version__

        print(f"dlrun {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", help="Print the version.", callback=_print_version, is_eager=True),
) -> None:
    """Train neural networks, see what is wrong, know what to try next. One YAML file is one experiment."""


def main() -> None:
    """Run the command line; an error is said in a few lines on stderr, and its exit code tells what kind it was."""
    gc.set_threshold(OBJECTS)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without UTF-8 still gets every number
    rejoin_bash_words(os.environ)
    debug = "--debug" in sys.argv  # known even when the error comes before the options are parsed
    try:
        code = _run(debug)
        sys.stdout.flush()
    except OSError:  # whoever read our output has had enough, or the disk it goes to is full
        code = FAILED
    if code:
        _leave(code)


def _run(debug: bool) -> int:
    try:
        app(prog_name="dlrun")  # also as `python -m dlrun`: it is what completion is called after
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    except Exception as error:
        if debug:
            traceback.print_exc()
        return _explain(error)
    return 0


def _explain(error: Exception) -> int:
    """Say on stderr what went wrong, as far as anybody still listens, and return the exit code."""
    code = error.exit_code if isinstance(error, DlrunError) else FAILED if isinstance(error, OSError) else BUG
    with suppress(OSError):
        if isinstance(error, DlrunError):
            print(*error.problems, *(f"  → {note}" for note in getattr(error, "__notes__", [])), sep="\n", file=sys.stderr)
            if isinstance(error, InvalidInput):
                count = sum(problem.stands_for for problem in error.problems)
                print(f"{count:,} error{'s' if count > 1 else ''}, nothing has run.", file=sys.stderr)
        elif isinstance(error, OSError):
            print(printable(f"cannot write: {error.strerror or error}"), file=sys.stderr)
        else:
            notes = getattr(error, "__notes__", [])  # a run that crashed says here where it wrote the traceback
            told = "\n".join(notes) or "".join(traceback.format_exception(error))
            print(printable_lines(f"This is a bug in dlrun: {type(error).__name__}: {error}\n{told}"), file=sys.stderr)
    return code


def _leave(code: int) -> NoReturn:
    """Exit with this code whatever has become of stdout: what is left in its buffer goes nowhere if nobody reads it."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
