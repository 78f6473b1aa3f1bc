"""Every hostile run directory by its name."""

from tests.proofs.hostile_runs.checkpoints import CHECKPOINTS
from tests.proofs.hostile_runs.forging import Forge, resealed
from tests.proofs.hostile_runs.origins import PREPARATION, RESOLVED
from tests.proofs.hostile_runs.places import PLACES
from tests.proofs.hostile_runs.records import CHECKS, DIAGNOSIS, PROVENANCE, RECORD
from tests.proofs.hostile_runs.tables import TABLES


def corpus() -> dict[str, Forge]:
    """Return what makes an honest run hostile; every checksum is made right afterwards."""
    tables = (PLACES, RECORD, DIAGNOSIS, CHECKS, PROVENANCE, RESOLVED, PREPARATION, CHECKPOINTS, TABLES)
    found = {name: resealed(forge) for table in tables for name, forge in table.items()}
    assert len(found) == sum(map(len, tables)), "a name stands twice"
    return found
