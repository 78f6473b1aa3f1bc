"""Text from files as a terminal may have it: nothing in it is obeyed."""


def printable(text: str) -> str:
    """Return the text with one printable character for each that is not: a space for white space, � for all others."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text)


def printable_lines(text: str) -> str:
    """Return the text line by line, each printable."""
    return text if text.replace("\n", "").isprintable() else "\n".join(map(printable, text.split("\n")))


def printable_json(text: str) -> str:
    r"""Return the same JSON with what is not printable escaped as \uXXXX: outside of its texts are only spaces and line ends."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    """Return the UTF-16 units of a character, as JSON escapes them."""
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[k : k + 2].hex()}" for k in range(0, len(units), 2))
