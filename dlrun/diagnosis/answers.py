"""What a run said of each example of a part, as text: what gates, comparisons and error analysis are judged by."""

from collections.abc import Sequence
from typing import Protocol


class Answers(Protocol):
    """What was said of each example; a probability is that of the prediction, with two classes that of the second one."""

    @property
    def ids(self) -> Sequence[str]:
        """The examples."""

    @property
    def labels(self) -> Sequence[str]:
        """What they are."""

    @property
    def predictions(self) -> Sequence[str]:
        """What they were taken for."""

    @property
    def probabilities(self) -> Sequence[float | None]:
        """How probable that seemed."""

    @property
    def losses(self) -> Sequence[float]:
        """What each cost."""
