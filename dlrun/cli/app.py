"""The commands, and what an error looks like to the shell.

Exit codes: 0 ok · 1 the run failed · 2 usage, spec or data invalid · 5 diverged · 6 gradient check failed · 7 the run is busy ·
70 a bug · 130 / 143 interrupted.
"""

import sys

import typer

from dlrun.cli import diagnose, evaluate, gradcheck, train, validate
from dlrun.errors import DlrunError

BUG = 70

app = typer.Typer(
    name="dlrun",
    help="Train neural networks, see what is wrong, know what to try next. One YAML file is one experiment.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (train.train, diagnose.diagnose, evaluate.evaluate, gradcheck.gradcheck, validate.validate):
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
    debug = "--debug" in sys.argv  # known even when the error comes before the options are parsed
    try:
        app()
    except DlrunError as error:
        if debug:
            raise
        sys.exit(_explain(error))
    except BrokenPipeError:  # whoever read our output has had enough
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:
        if debug:
            raise
        sys.exit(_confess(error))


def _explain(error: DlrunError) -> int:
    from dlrun.errors import InvalidInput

    for problem in error.problems:
        print(problem, file=sys.stderr)
    if isinstance(error, InvalidInput):
        count = len(error.problems)
        print(f"{count} error{'s' if count > 1 else ''}, nothing has run.", file=sys.stderr)
    return error.exit_code


def _confess(error: Exception) -> int:
    import traceback

    notes = getattr(error, "__notes__", [])  # a run that crashed says here where it wrote the traceback
    print(f"This is a bug in dlrun: {type(error).__name__}: {error}", file=sys.stderr)
    print("\n".join(notes) if notes else traceback.format_exc(), file=sys.stderr)
    return BUG
