"""What a rule returns: a reason, and the keys whose change would measure it."""

from typing import NamedTuple, TypeAlias


class Said(NamedTuple):
    """Why, worded as a rule with its number, and the keys to change: none where only the user can know a value."""

    reason: str
    patch: dict[str, str]


Found: TypeAlias = Said | None  # None: the rule has nothing to say
