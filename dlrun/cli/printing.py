"""What scripts read, on a terminal too."""


def print_json(tree: object) -> None:
    """Print a tree as JSON; what no terminal should get to see is escaped, which JSON's readers undo."""
    from dlrun.printable import printable_json
    from dlrun.rundir.files import as_json

    print(printable_json(as_json(tree)))
