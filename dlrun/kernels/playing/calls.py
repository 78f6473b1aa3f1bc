"""The calls that a tape holds, by number; a call is a row of whole numbers, and a number of floating point beside it.

A row: which kernel, six places of arrays among the addresses, m, n, k, flags.
"""

# in groups, each with a function of the player
LOOK, SQUARED_NORM, PRODUCT = range(3)
ADD_BIAS, BIAS_GRADIENT, COPY, DROPOUT, DROPOUT_BACKWARD, RELU, RELU_BACKWARD, LEAKY_RELU, SLOPES_BACKWARD = range(3, 12)
BATCH_MOMENTS, RUNNING_MOMENTS, INVERSE_DEVIATION, BATCH_NORM = range(12, 16)
BATCH_NORM_GRADIENTS, BATCH_NORM_GAIN, BATCH_NORM_BACKWARD = range(16, 19)
ADD_L2_GRADIENT, ADD_L1_GRADIENT = range(19, 21)
SOFTMAX, SIGMOID, SQUARED_ERROR, ABSOLUTE, HUBER = range(21, 26)
ROW = 11  # whole numbers

# a tape's page says where all of it lies, and how large a mini-batch is
ROWS, NUMBERS, CALLS, ADDRESSES, PLACES, RESULTS, EXAMPLES, INPUTS = range(8)
PAGE = 8
# what came of it: mean loss, sum of errors, ‖gradient‖², 1 if all that was looked at is finite; MISFIT if it could not be played
LOSS, ERRORS, NORM, FINITE = range(4)
MISFIT = -1.0
