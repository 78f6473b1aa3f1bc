"""What every message about data shares: text made safe to print, suggestions, and never more problems than one can read."""

import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from dlrun.errors import Problem, raise_all

MOST = 10  # problems shown one by one; the others are counted
ONE_FILE = 10**12  # lines: more than any file has


def shown(text: str, at: int = 0, width: int = 80) -> str:
    """Return text that is safe on one line of a terminal: control characters escaped, long text cut around position `at`."""
    start = max(0, min(at - width // 2, len(text) - width))
    window = text[start : start + width]
    return ("…" if start > 0 else "") + _escaped(window) + ("…" if start + width < len(text) else "")


def _escaped(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def quoted(text: str) -> str:
    """Return text in quotes, short and safe to print."""
    return f"'{shown(text, width=40)}'"


def yaml_word(text: str) -> str:
    """Return text as it can be written in a list of a spec: plain where that is safe, else in double quotes and escaped."""
    if re.fullmatch(r"[A-Za-z_][\w .-]*(?<! )", text) and text.lower() not in {"null", "true", "false"}:
        return text
    backslashed = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_escaped(backslashed)}"'  # Python's escapes are YAML's too


def listed(names: Iterable[str]) -> str:
    """Return names in quotes with commas between; after the tenth, how many more there are."""
    words = [quoted(name) for name in names]
    more = [f"and {len(words) - MOST:,} more"] if len(words) > MOST else []
    return ", ".join(words[:MOST] + more)


def did_you_mean(word: str, known: Iterable[str], taken: Collection[str] = ()) -> str:
    """Return a cure: the name closest to `word` of those that are not taken, or all that there are."""
    names = list(known)
    folded = {name.casefold().strip(): name for name in names if name not in taken}
    if close := difflib.get_close_matches(word.casefold().strip(), folded, n=1):
        return f"did you mean {quoted(folded[close[0]])}?"
    return f"there are {listed(names)}" if names else ""


def limited(problems: list[Problem], found: int) -> list[Problem]:
    """Return the first ten problems, and as a last one how many of the `found` ones are left out."""
    kept = problems[:MOST]
    left_out = found - len(kept)
    return [*kept, Problem(what=f"and {left_out:,} more like these", stands_for=left_out)] if left_out else kept


@dataclass
class Findings:
    """What is wrong with a text file, collected in any order, told in the order of its lines."""

    by_line: list[tuple[int, Problem]] = field(default_factory=list)
    others: int = 0  # found as well, not worth a message each
    files: int = 0  # whose findings were taken over

    def __bool__(self) -> bool:
        return bool(self.by_line)

    def add(self, line: int, problem: Problem) -> None:
        """Keep a problem and the line it stands on."""
        self.by_line.append((line, problem))

    def extend(self, findings: "Findings") -> None:
        """Take over what was found in another file, behind what was found so far."""
        self.files += 1
        self.by_line += [(line + self.files * ONE_FILE, problem) for line, problem in findings.by_line]
        self.others += findings.others

    def raise_all(self) -> None:
        """Raise InvalidInput with the first ten problems and the count of the others, if there are any."""
        problems = [problem for _, problem in sorted(self.by_line, key=lambda found: found[0])]
        raise_all(limited(problems, len(problems) + self.others))
