"""`dlrun explain [KEY]`: what a key of the spec means, what it may hold, what it acts on."""

from enum import StrEnum
from typing import Annotated

import typer

from dlrun.cli.completion import complete_topic
from dlrun.cli.options import Debug
from dlrun.cli.printing import print_json


class Form(StrEnum):
    """How an explanation is printed."""

    text = "text"
    json = "json"
    md = "md"


def explain(
    key: Annotated[
        str | None,
        typer.Argument(
            metavar="[KEY]",
            help="A key, a kind, or a word for one: optimizer.beta1, adam, lambda.",
            autocompletion=complete_topic,
        ),
    ] = None,
    output: Annotated[
        Form, typer.Option("--format", help="How it is printed on stdout; md is a page of the reference.")
    ] = Form.text,
    debug: Debug = False,
) -> None:
    """Say what a key of the spec does, its default, what is allowed, and the course's lesson behind it.

    Without KEY: all of them, a line each. Words of the course and of other tools lead to the right key: lambda, dropout, lr.
    """
    from dlrun.report.explanations import print_overview, print_topics, topic_to_json
    from dlrun.report.reference import contents, page
    from dlrun.report.terminal import console
    from dlrun.spec.explanation import keys, topics

    found = topics(key) if key else keys()
    match output:
        case Form.json:
            print_json([topic_to_json(topic) for topic in found])
        case Form.md:
            print(page(key, found) if key else contents(), end="")
        case Form.text if key:
            print_topics(found, console())
        case Form.text:
            print_overview(keys(), console())
