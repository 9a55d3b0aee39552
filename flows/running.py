"""Runs a flow in this process: no heartbeat thread to wait for, and marks that say whose run it is.

A run whose process was killed stays "Running" at Prefect for ever. The ledger knows the truth, so
`mark_crashed` tells Prefect: a run is over when its process is gone, or its job is in nobody's hand.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from prefect import get_client, tags
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import PrefectException
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.states import Crashed
from sqlalchemy import select
from sqlmodel import col

from flows.equipment import use_kit
from integrations.kit import Kit
from models.tables.system import Job

_PROCESS, _JOB = "in-process", "job"
_ALIVE = (StateType.RUNNING, StateType.PENDING)
_PAGE = 200
_HEALTH_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class FlowEnd:
    """A flow that ran to its end: what it returned, and its run at Prefect."""

    result: Any
    run_id: str | None


def run_flow(flow: Any, kit: Kit, *, job_id: UUID | None = None, **parameters: Any) -> FlowEnd:
    """The flow has run here, visibly. Parameters are ids alone. What it raises is raised."""
    # A sync flow joins its heartbeat thread: a second for each run.
    marks = [_process_tag(os.getpid()), *([f"{_JOB}:{job_id}"] if job_id else [])]
    with (
        use_kit(kit),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
        tags(*marks),
    ):
        state = flow(**parameters, return_state=True)
    run_id = state.state_details.flow_run_id
    return FlowEnd(state.result(), str(run_id) if run_id else None)


def is_reachable() -> bool:
    """Whether Prefect answers now."""
    url = str(PREFECT_API_URL.value()).rstrip("/") + "/health"
    try:
        return _health_client().get(url).status_code < 500
    except httpx.HTTPError:
        return False


@cache
def _health_client() -> httpx.Client:
    return httpx.Client(timeout=_HEALTH_SECONDS)


def is_prefects_fault(error: BaseException) -> bool:
    """Whether a flow failed over Prefect, not over its own work: our clients wrap what httpx raises."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, (httpx.HTTPError, PrefectException)) or "Failed to reach API" in str(seen):
            return True
        seen = seen.__cause__
    return False


def mark_crashed(kit: Kit) -> int:
    """Runs that nobody carries on are marked as crashed. Returns how many."""
    count = 0
    with get_client(sync_client=True) as client:
        # In this order: a run that is alive before and after its job was seen to be over is nobody's.
        for run_id in _abandoned(kit, _living(client)):
            state = client.read_flow_run(run_id).state
            if state is not None and state.type in _ALIVE:
                client.set_flow_run_state(run_id, Crashed(message="nobody carries it on"), force=True)
                count += 1
    return count


def _living(client: SyncPrefectClient) -> list[FlowRun]:
    kind = FlowRunFilterStateType(any_=list(_ALIVE))
    wanted = FlowRunFilter(state=FlowRunFilterState(type=kind))
    found: list[FlowRun] = []
    while True:
        page = client.read_flow_runs(flow_run_filter=wanted, limit=_PAGE, offset=len(found))
        found += page
        if len(page) < _PAGE:
            return found


def _abandoned(kit: Kit, runs: list[FlowRun]) -> list[UUID]:
    jobs = {run.id: UUID(tag.partition(":")[2]) for run in runs for tag in run.tags if _is_job(tag)}
    with kit.transaction() as session:
        wanted = list(jobs.values())
        in_hand = set(
            session.scalars(select(col(Job.id)).where(col(Job.id).in_(wanted), col(Job.state) == "claimed"))
        )
    return [
        run.id
        for run in runs
        if any(_is_of_a_gone_process(tag) for tag in run.tags)
        or (run.id in jobs and jobs[run.id] not in in_hand)
    ]


def _is_job(tag: str) -> bool:
    return tag.startswith(f"{_JOB}:")


def _process_tag(pid: int) -> str:
    return f"{_PROCESS}:{socket.gethostname()}:{pid}:{_started(pid)}"


def _is_of_a_gone_process(tag: str) -> bool:
    mark, _, rest = tag.partition(":")
    host, _, rest = rest.partition(":")
    pid, _, _ = rest.partition(":")
    if mark != _PROCESS or host != socket.gethostname() or not pid.isdigit():
        return False
    return tag != _process_tag(int(pid))


def _started(pid: int) -> str:
    """When process `pid` began, in the kernel's ticks: its number alone may be another's by now."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return "gone"
