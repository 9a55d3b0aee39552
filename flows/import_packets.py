"""`import-packets`: the applications that wait, vetted in one run. For bulk, where a run each would cost more."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import equipment
from integrations.desk.steps import STEPS, run_step
from integrations.desk.waiting import waiting_applications


@task(name="vet one", cache_policy=NO_CACHE, persist_result=False)
def vet_one(application_id: str) -> None:
    """One application of the batch, taken as far as it can go now."""
    at = equipment.now()
    for step in STEPS:
        run_step(equipment.kit(), step, UUID(application_id), now=at)


@flow(name="import-packets")
def import_packets(limit: int = 100) -> int:
    """Up to `limit` waiting applications have been vetted. Returns how many.

    One that fails does not hold up the others; the run then ends as failed, so that it is seen.
    """
    with equipment.kit().transaction() as session:
        waiting = waiting_applications(session, limit=limit)
    ends = [vet_one(str(application_id), return_state=True) for application_id in waiting]
    failed = sum(end.is_failed() for end in ends)
    if failed:
        raise NotAllVetted(failed, len(ends))
    return len(ends)


class NotAllVetted(RuntimeError):
    """Some applications of the batch could not be vetted; their task runs say which."""

    def __init__(self, failed: int, count: int) -> None:
        super().__init__(f"{failed} of {count} applications failed: see their task runs")
        self.failed, self.count = failed, count

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.failed, self.count)
