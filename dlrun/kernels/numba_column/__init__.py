"""The Numba column: every kernel as one loop, or a few, compiled to machine code.

Where NumPy's own function is as fast (it computes tanh and exp for many numbers at once), that one stands here too.
"""

from dlrun.arrays import all_finite, squared_norm
from dlrun.kernels.numba_column import activations, batches, layers, losses, updates
from dlrun.kernels.numba_column.listening import listen
from dlrun.kernels.numpy_column import activations as numpy_activations
from dlrun.kernels.numpy_column import layers as numpy_layers
from dlrun.kernels.table import Kernels

NUMBA = Kernels(
    name="numba",
    gather=batches.gather,
    product=numpy_layers.product,
    squared_norm=squared_norm,
    all_finite=all_finite,
    add_bias=layers.add_bias,
    bias_gradient=layers.bias_gradient,
    relu=activations.relu,
    relu_backward=activations.relu_backward,
    leaky_relu=activations.leaky_relu,
    elu=activations.elu,
    gelu=activations.gelu,
    slopes_backward=activations.slopes_backward,
    tanh=numpy_activations.tanh,
    tanh_backward=activations.tanh_backward,
    sigmoid=numpy_activations.sigmoid,
    sigmoid_backward=activations.sigmoid_backward,
    dropout=layers.dropout,
    dropout_backward=layers.dropout_backward,
    batch_moments=layers.batch_moments,
    running_moments=layers.running_moments,
    inverse_deviation=layers.inverse_deviation,
    batch_norm=layers.batch_norm,
    batch_norm_gradients=layers.batch_norm_gradients,
    batch_norm_gain=layers.batch_norm_gain,
    batch_norm_backward=layers.batch_norm_backward,
    softmax_cross_entropy=losses.softmax_cross_entropy,
    sigmoid_cross_entropy=losses.sigmoid_cross_entropy,
    squared_error=losses.squared_error,
    absolute=losses.absolute,
    huber=losses.huber,
    add_l2_gradient=updates.add_l2_gradient,
    add_l1_gradient=updates.add_l1_gradient,
    max_norm=layers.max_norm,
    gradient_descent=updates.gradient_descent,
    momentum=updates.momentum,
    nesterov=updates.nesterov,
    adagrad=updates.adagrad,
    rmsprop=updates.rmsprop,
    adam=updates.adam,
    nadam=updates.nadam,
)

listen()
