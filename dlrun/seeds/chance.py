"""One experiment trained several times, each time with another seed: how much of its result is chance.

The children have the data, the parts and the wrong labels planted in it from the root seed (`data.seed`), so they differ in first
weights, order of examples and dropout alone. Were the parts drawn anew too, the spread would mix training's chance with that of
the dev examples, which each run's own interval tells already; and differences on the same examples can be paired.
"""

from collections.abc import Sequence

from dlrun.seeding import derived_seeds
from dlrun.seeds.jobs import Job
from dlrun.spec import LoadedSpec


def seed_jobs(loaded: LoadedSpec, overrides: Sequence[str], count: int) -> list[Job]:
    """Return one job a seed, on one thread each; the first has the root seed.

    What a child's overrides say, `dlrun train SPEC` may be given by hand: the run is the same, byte for byte.
    """
    spec = loaded.spec
    jobs = []
    for number, seed in enumerate(derived_seeds(spec.seed, count), start=1):
        values = {"seed": seed, "seeds": 1, "data.seed": spec.data_seed, "training.threads": 1}
        told = (*overrides, *(f"{key}={value}" for key, value in values.items()))
        jobs.append(Job(loaded.with_values(values), told, label=f"seed {seed} ({number} of {count})"))
    return jobs
