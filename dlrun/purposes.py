"""What a key of the spec acts on. One knob should have one effect: the course calls that orthogonalization."""

from enum import StrEnum


class Purpose(StrEnum):
    """The effect of a key, marked in its annotation; what is not marked has the purpose of the section it stands in."""

    FIT = "fits the training set"
    VARIANCE = "reduces variance"
    REALITY = "fits dev to reality"
    SPEED = "speed"
    TELL = "tells, and trains nothing"
