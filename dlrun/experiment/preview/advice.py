"""The rules of the course that a spec does not follow, each with its number and a patch to measure it with.

A rule is worded as a rule: it says what usually helps, never that a spec is wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dlrun.experiment.preview import data_rules, network_rules, training_rules
from dlrun.experiment.preview.advised import Found
from dlrun.experiment.setup import Experiment

RULES: tuple[Callable[[Experiment], Found], ...] = (  # the registry: a new rule is one function and its name here
    data_rules.full_batch,
    data_rules.power_of_two,
    data_rules.fits_in_memory,
    data_rules.normalized_inputs,
    network_rules.init_before_relu,
    network_rules.dropout_by_size,
    network_rules.keeps_its_inputs,
    network_rules.settings_in_use,
    training_rules.one_knob,
    training_rules.decay_of_its_own,
    training_rules.warmup_ends,
    training_rules.reached_rates,
    data_rules.enough_dev,
    data_rules.known_target,
)


@dataclass(frozen=True)
class Advised:
    """What a rule says about a spec: its name, why, and the keys to change."""

    rule: str
    reason: str
    patch: dict[str, str]


def advice(experiment: Experiment) -> tuple[Advised, ...]:
    """Return what the rules have to say about an experiment, in their order."""
    found = ((rule.__name__, rule(experiment)) for rule in RULES)
    return tuple(Advised(name, said.reason, said.patch) for name, said in found if said)
