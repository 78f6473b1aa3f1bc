"""Everything that can be said about an experiment before it runs, as one tree of plain data: the contract of `dlrun show`."""

from dataclasses import asdict
from typing import Any

from dlrun.diagnosis.decidability import decidable
from dlrun.experiment.preview.advice import advice
from dlrun.experiment.preview.layers import layer_rows
from dlrun.experiment.preview.meanings import meaning
from dlrun.experiment.preview.memory import measure
from dlrun.experiment.setup import Experiment
from dlrun.spec.differences import Difference


def overview(experiment: Experiment, differs: tuple[Difference, ...]) -> dict[str, Any]:
    """Return spec, differs, layers, parameters, work, memory, meaning, dev, advice."""
    network, spec = experiment.network, experiment.spec
    memory = measure(experiment)
    rows = layer_rows(network)
    return {
        "spec": spec.model_dump(mode="json"),
        "differs": [difference.to_json() for difference in differs],
        "layers": [asdict(row) for row in rows],
        "parameters": network.params.count,
        **_work(experiment),
        "memory": asdict(memory) | {"total": memory.total},
        "meaning": asdict(meaning(experiment)),
        "dev": _dev(experiment),
        "advice": [asdict(said) for said in advice(experiment)],
        "notes": list(experiment.notes),
    }


def _work(experiment: Experiment) -> dict[str, Any]:
    plan, training, m = experiment.plan, experiment.spec.training, len(experiment.splits.train)
    steps = experiment.steps_per_epoch
    return {
        "examples": experiment.splits.sizes,
        "features": len(experiment.splits.features),
        "epochs": plan.epochs,
        "steps_per_epoch": steps,
        "total_steps": experiment.total_steps,
        "batch_size": plan.batch_size,
        "last_batch": m - (steps - 1) * plan.batch_size,
        "dtype": training.dtype,
        "threads": training.threads,
        "kernels": training.kernels,
    }


def _dev(experiment: Experiment) -> dict[str, Any] | None:
    """Return what the dev part can decide, None without one; scale turns its errors into the target's units."""
    splits, regression = experiment.splits, experiment.plan.loss.regression
    if splits.dev is None:
        return None
    tolerance = experiment.spec.diagnosis.tolerance
    found = decidable("rmse" if regression else "error_rate", len(splits.dev), len(splits.train), tolerance)
    return asdict(found) | {"scale": experiment.plan.error_unit}
