"""What the shell offers when Tab is pressed: runs, specs, keys and their values. Nothing here raises or prints."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import typer

if TYPE_CHECKING:
    from dlrun.rundir.listing import ListedRun
    from dlrun.spec.schema import Field

Offer: TypeAlias = tuple[str, str]  # a word, and what it is, which bash does not show
Offers: TypeAlias = Callable[[typer.Context, str], Iterable[Offer]]
Completer: TypeAlias = Callable[[typer.Context, str], list[Offer]]

PLAIN = re.compile(r"[\w./@%+,:=<>!~-]+")  # some shells evaluate what is offered: names on disk may come from others
NOT_PLAIN = re.compile(r"[^\w .,%+-]+")
READ = 200  # runs, the newest, whose records are read: Tab must not keep anybody waiting
BEFORE = "_DLRUN_COMPLETE_BEFORE"  # the environment is how a shell's completion talks to us, so it is how we do
SPEC_ENDINGS = (".yaml", ".yml")


def completer(offers: Offers) -> Completer:
    """Return what Typer calls: the offers that begin with what is typed, those that are safe in any shell, or none."""

    def complete(ctx: typer.Context, incomplete: str) -> list[Offer]:
        before = os.environ.get(BEFORE, "")
        try:
            fitting = [
                (word.removeprefix(before), NOT_PLAIN.sub(" ", meaning).strip())
                for word, meaning in offers(ctx, before + incomplete)
                if word.startswith(before + incomplete) and PLAIN.fullmatch(word)
            ]
        except Exception:  # whatever is wrong will be said when the command runs
            return []
        return fitting

    return complete


def rejoin_bash_words(environment: MutableMapping[str, str]) -> None:
    """Undo what bash does to a line before it asks: it takes `=`, `:` and `@` for ends of words.

    `-s optimizer.kind=ad` comes as four words, and what is offered replaces only the last of them: BEFORE keeps the rest.
    """
    if environment.get("_DLRUN_COMPLETE") != "complete_bash":
        return
    position = int(environment.get("COMP_CWORD", "0"))
    words, joined, before = environment.get("COMP_WORDS", "").split("\n")[: position + 1], [""], ""
    glued = True
    for word in words:
        if word in {"=", ":"} and joined[-1].startswith("-"):  # --option=value is --option value
            joined.append("")
            before, glued = "", True
        elif word in {"=", ":"}:
            joined[-1] += word
            before, glued = joined[-1], True
        elif glued:
            joined[-1] += word
            glued = False
        else:
            joined.append(word)
            before = ""
        glued = glued or word == "@"
    joined[-1] = joined[-1].removeprefix(before)
    environment["COMP_WORDS"], environment["COMP_CWORD"] = "\n".join(joined), str(len(joined) - 1)
    environment[BEFORE] = before


def _runs(ctx: typer.Context, incomplete: str) -> Iterator[Offer]:
    from dlrun.rundir.listing import read_run, runs_in

    found = runs_in(_runs_dir(ctx))
    if found:
        yield from (("@last", "the newest run"), ("@best", "the lowest dev error"))
    meant = [paths for paths in reversed(found) if paths.id.startswith(incomplete)]
    yield from ((paths.id, _described(read_run(paths))) for paths in meant[:READ])
    yield from ((paths.id, "") for paths in meant[READ:])


def _runs_or_groups(ctx: typer.Context, incomplete: str) -> Iterator[Offer]:
    """Yield runs, and with --seeds the keys of the newest groups."""
    if ctx.params.get("seeds"):
        from dlrun.rundir.groups import groups_of

        for group in groups_of(_newest(ctx)):
            yield group.key, f"{group.runs[0].value('name')}, {len(group.runs)} seeds"
    yield from _runs(ctx, incomplete)


def _described(run: "ListedRun") -> str:
    from dlrun.report.figures import error_text

    error = run.value("dev_error")
    shown = [] if error is None else ["dev error " + error_text(error, "rmse" if run.value("metric") == "rmse" else "error_rate")]
    return ", ".join([str(run.value("name") or ""), run.status, *shown])


def _runs_dir(ctx: typer.Context) -> Path:
    return Path(ctx.params["runs_dir"])


def _specs(ctx: typer.Context, incomplete: str) -> Iterator[Offer]:
    """Yield YAML files and folders; a folder that is the only thing meant is looked into, so that Tab leads on."""
    home, _, beginning = incomplete.rpartition("/")
    found = sorted(_specs_in(f"{home}/" if home or incomplete.startswith("/") else "", beginning))
    while len(found) == 1 and found[0].endswith("/") and not Path(found[0]).is_symlink():  # a link may lead back here
        found = sorted(_specs_in(found[0], ""))
    yield from ((path, "") for path in found)


def _specs_in(home: str, beginning: str) -> Iterator[str]:
    for entry in os.scandir(Path(home).expanduser()):
        if entry.name.startswith(beginning) and (beginning or not entry.name.startswith(".")):
            if entry.is_dir():
                yield f"{home}{entry.name}/"
            elif entry.name.endswith(SPEC_ENDINGS):
                yield home + entry.name


def _specs_or_runs(ctx: typer.Context, incomplete: str) -> Iterator[Offer]:
    yield from _specs(ctx, incomplete)
    yield from _runs(ctx, incomplete)


def _overrides(ctx: typer.Context, incomplete: str) -> Iterator[Offer]:
    """Yield keys of the spec; when one is typed, or the only one meant, what may stand there."""
    from dlrun.spec.model import Spec
    from dlrun.spec.schema import key_paths

    key, equals, _ = incomplete.partition("=")
    meant = [key] if equals else [path for path in key_paths(Spec) if path.startswith(key)]
    for path in meant:
        values = _values(path)
        if values is not None:
            alone = len(meant) == 1
            yield from ((f"{path}={value}", "") for value in (values if alone and values else [""]))


def _values(path: str) -> list[str] | None:
    """Return the words that may stand at a key, and its default; None if it cannot be given as one word."""
    from dlrun.spec.model import Spec
    from dlrun.spec.schema import fields_of

    first, *steps = path.split(".")
    field: Field | None = fields_of(Spec).get(first)
    for step in steps:
        if field is None:
            return None
        if step == "kind":
            return list(field.shape.kinds)
        field = field.shape.at(step)
    if field is None or (field.shape.section and field.shape.branches == 1 and field.default is not None):
        return None
    return list(dict.fromkeys(_words(field)))


def _words(field: "Field") -> Iterator[str]:
    from dlrun.rundir.values import value_text

    shape = field.shape
    yield from map(str, shape.words)
    yield from shape.kinds
    if any(alternative.type is bool for alternative in shape.alternatives):
        yield from ("true", "false")
    if field.default is None or isinstance(field.default, int | float | str):
        yield value_text(field.default)


def _topics(ctx: typer.Context, incomplete: str) -> Iterator[Offer]:
    """Yield what can be explained: keys and kinds."""
    from dlrun.spec.explanation import keys, kinds

    yield from ((key.path, key.brief) for key in keys())
    yield from dict.fromkeys((kind.name, "a kind") for kind in kinds())


def _keys(ctx: typer.Context, incomplete: str) -> Iterator[Offer]:
    """Yield what runs can be sorted by."""
    from dlrun.rundir.keys import SpecKeys
    from dlrun.rundir.values import RUN_KEYS

    yield from ((key, "of the run") for key in RUN_KEYS)
    yield from ((key, "of its spec") for key in SpecKeys(_newest(ctx)).leaves)


def _conditions(ctx: typer.Context, incomplete: str) -> Iterator[Offer]:
    """Yield keys of runs, and after `key=` the values that there are."""
    from dlrun.rundir.values import value_text

    key, equals, _ = incomplete.partition("=")
    if equals:
        yield from dict.fromkeys((f"{key}={value_text(run.value(key))}", "") for run in _newest(ctx))
    else:
        yield from ((f"{word}=", meaning) for word, meaning in _keys(ctx, incomplete))


def _newest(ctx: typer.Context) -> "list[ListedRun]":
    from dlrun.rundir.listing import read_run, runs_in

    return [read_run(paths) for paths in reversed(runs_in(_runs_dir(ctx))[-READ:])]


complete_run = completer(_runs)
complete_run_or_group = completer(_runs_or_groups)
complete_spec = completer(_specs)
complete_spec_or_run = completer(_specs_or_runs)
complete_override = completer(_overrides)
complete_topic = completer(_topics)
complete_key = completer(_keys)
complete_condition = completer(_conditions)
