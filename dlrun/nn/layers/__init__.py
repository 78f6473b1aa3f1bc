"""Layers: a frozen dataclass that is configured, and the runtime layer it builds, which holds the buffers."""

from dlrun.nn.layers.activations import Activation, Relu, Sigmoid, Tanh
from dlrun.nn.layers.dense import Dense
from dlrun.nn.layers.dropout import Dropout
from dlrun.nn.layers.runtime import Place, RuntimeLayer

Layer = Dense | Relu | Tanh | Sigmoid | Dropout  # the registry: a new layer is a class beside these and its name here

__all__ = ["Activation", "Dense", "Dropout", "Layer", "Place", "Relu", "RuntimeLayer", "Sigmoid", "Tanh"]
