"""Tickets: what an entrance is bound to, a few whole numbers that say what is asked for there, and where the desk is."""

from dlrun.arrays import IntArray

# the address of a desk, an order, how many vectors an update is about, and what Python's functions return that return nothing
PLACE, ORDER, VECTORS, DONE = range(4)
TICKET = 4


def write(ticket: IntArray, place: int, order: int, vectors: int) -> None:
    """Write the ticket for an order to the desk at this place."""
    ticket[[PLACE, ORDER, VECTORS, DONE]] = place, order, vectors, id(None)
