"""`dlrun schema`: the JSON Schema of a spec, for editors."""

from dlrun.cli.options import Debug
from dlrun.cli.printing import print_json


def schema(debug: Debug = False) -> None:
    """Print the JSON Schema of a spec; an editor's YAML support completes keys, explains them, underlines mistakes."""
    from dlrun.spec.json_schema import json_schema

    print_json(json_schema())
