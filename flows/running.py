"""Runs a flow in this process: no heartbeat thread to wait for, and a mark that says whose run it is."""

from __future__ import annotations

import os
import socket
from typing import Any

from prefect import get_client, tags
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.states import Crashed

from flows.equipment import use_kit
from integrations.kit import Kit

_MARK = "in-process"


def _tag(pid: int) -> str:
    return f"{_MARK}:{socket.gethostname()}:{pid}"


def run_flow(flow: Any, kit: Kit, **parameters: Any) -> Any:
    """What the flow returns. It runs here, now, visibly; parameters are ids alone."""
    # A sync flow joins its heartbeat thread: a second for each run. The ledger, not Prefect, knows what a
    # killed run left behind, and `mark_crashed` tells Prefect.
    with (
        use_kit(kit),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
        tags(_tag(os.getpid())),
    ):
        return flow(**parameters)


def mark_crashed() -> int:
    """Runs of processes of this machine that are gone are marked as crashed. Returns how many."""
    count = 0
    with get_client(sync_client=True) as client:
        running = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(
                    type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING])
                )
            ),
            limit=200,
        )
        for run in running:
            if any(_is_gone(tag) for tag in run.tags):
                client.set_flow_run_state(run.id, Crashed(message="its process is gone"), force=True)
                count += 1
    return count


def _is_gone(tag: str) -> bool:
    mark, _, rest = tag.partition(":")
    host, _, pid = rest.rpartition(":")
    if mark != _MARK or host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
