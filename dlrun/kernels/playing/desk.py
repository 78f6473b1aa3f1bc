"""The desk: where orders stand that machine code carries out, alone or with the helpers of a team; numbers of 64 bits.

Whole numbers come first, then `FIGURES` numbers of floating point, the hyperparameters of an update.
"""

# where on the desk: what several threads change has a cache line of its own; the ticket is 256 · the number of the order + the
# next part; the book is that of attendance, whose first number says whether helpers are away
TICKET, DONE, THREADS, CLOSED, ORDER, BOOK = 0, 8, 16, 17, 24, 40
KERNEL, A, B, C, D, M, N, K, TURNED = range(ORDER, ORDER + 9)
PAGES = 16  # of the book
DESK = BOOK + PAGES
FIGURES = 8
BYTE = 255
MOST = 128  # threads

# what an order is about
PRODUCT, GATHER, GRADIENT_DESCENT, MOMENTUM, NESTEROV, ADAGRAD, RMSPROP, ADAM, NADAM = range(9)
HELP, PLAY, LOOKING = range(9, 12)  # no orders to a team: take part in those of others; play a tape, with or without looks
ORDERS = 12
A_TURNED, B_TURNED = 1, 2  # of the arrays of a product: those that lie in memory as their transposes do

# from where on it is quicker with several: multiplications, bytes, parameters
LEAST_PRODUCT, LEAST_GATHER, LEAST_UPDATE = 40_000, 1 << 16, 1 << 15
