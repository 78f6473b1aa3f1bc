"""The spec of an experiment: YAML text into validated objects that remember where they were written.

`read_spec` goes through these steps, each a module: text → compose (tree with origins) → desugar (short forms) → extends
and overrides (merge) → validation (pydantic, our sentences) → effects. `to_yaml` is the way back.
"""

from dlrun.nn.stopping import EarlyStopping
from dlrun.spec.mappings import mapping_as_yaml
from dlrun.spec.model import Spec
from dlrun.spec.reading import LoadedSpec, read_spec, read_stored, read_text
from dlrun.spec.sections import (
    Architecture,
    Data,
    Diagnosis,
    Every,
    HiddenLayer,
    KeepProbs,
    Regularization,
    Training,
)
from dlrun.spec.writing import to_yaml

__all__ = [
    "Architecture",
    "Data",
    "Diagnosis",
    "EarlyStopping",
    "Every",
    "HiddenLayer",
    "KeepProbs",
    "LoadedSpec",
    "Regularization",
    "Spec",
    "Training",
    "mapping_as_yaml",
    "read_spec",
    "read_stored",
    "read_text",
    "to_yaml",
]
