"""Layers: a frozen dataclass that is configured, and the runtime layer it builds, which holds the buffers."""

from dlrun.nn.layers.activations import Activation, Elu, Gelu, Identity, LeakyRelu, Relu, Sigmoid, Tanh
from dlrun.nn.layers.batch_norm import BatchNorm
from dlrun.nn.layers.dense import Dense
from dlrun.nn.layers.dropout import Dropout
from dlrun.nn.layers.runtime import Place, RuntimeLayer

# the registry: a new layer is a class beside these and its name here
Layer = Dense | Relu | LeakyRelu | Elu | Gelu | Tanh | Sigmoid | Identity | Dropout | BatchNorm

__all__ = [
    "Activation", "BatchNorm", "Dense", "Dropout", "Elu", "Gelu", "Identity", "Layer", "LeakyRelu", "Place", "Relu",
    "RuntimeLayer", "Sigmoid", "Tanh",
]  # fmt: skip
