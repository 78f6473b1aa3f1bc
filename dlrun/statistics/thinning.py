"""Fewer rows that still show the whole."""


def spread(count: int, most: int) -> list[int]:
    """Return at most so many of 0, 1, …, count − 1, evenly spread, with both ends; all of them if they are few enough.

    Errors: ValueError for fewer than two of many, which could not be both ends.
    """
    if count <= most:
        return list(range(count))
    if most < 2:
        raise ValueError(f"{most} of {count} rows have no two ends")
    return [k * (count - 1) // (most - 1) for k in range(most)]
