"""The flows at a real Prefect: visible, re-entrant, with ids only, and never left running for ever."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from integrations.database import current_time
from integrations.desk import jobs
from integrations.desk.intake import submit
from integrations.packets import read_path
from kinline.stack import Stack
from models.tables.system import Job
from models.tables.vetting import BackgroundCheck
from models.tables.vetting import Finding as FindingRow
from tests.integration import prefect_at_hand

from prefect import flow, get_client  # isort: skip
from prefect.client.orchestration import SyncPrefectClient  # isort: skip
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName  # isort: skip
from prefect.settings import PREFECT_API_URL, temporary_settings  # isort: skip
from prefect.states import Running  # isort: skip
from flows import import_packets, rounds, running, vet_application  # isort: skip

PACKETS = Path(__file__).resolve().parents[2] / "samples" / "packets"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Database, sandbox providers and console, in this process, with a real Prefect beside them."""
    url = prefect_at_hand.server_url()
    with pytest.MonkeyPatch.context() as patch, temporary_settings({PREFECT_API_URL: url}):
        patch.setenv("KINLINE_HOME", str(prefect_at_hand.home()))
        patch.setenv("KINLINE_CONSOLE_PORT", "0")
        with Stack(needs=frozenset({"providers", "console"})) as opened:
            yield opened


@pytest.fixture(autouse=True)
def prefect(stack: Stack) -> Iterator[SyncPrefectClient]:
    with (
        temporary_settings({PREFECT_API_URL: prefect_at_hand.server_url()}),
        get_client(sync_client=True) as client,
    ):
        yield client


def submitted(stack: Stack, name: str) -> UUID:
    return submit(stack.kit, read_path(PACKETS / name), actor="cli", now=stack.now()).application_id


def runs_of(client: SyncPrefectClient, application_id: UUID) -> list[Any]:
    name = FlowRunFilterName(like_=str(application_id))
    return client.read_flow_runs(flow_run_filter=FlowRunFilter(name=name))


def outcome(stack: Stack, application_id: UUID) -> tuple[list[Any], list[Any]]:
    """The checks and the findings of an application, as they stand."""
    with stack.kit.transaction() as session:
        checks = session.exec(select(BackgroundCheck).where(BackgroundCheck.application_id == application_id))
        found = session.exec(select(FindingRow).where(FindingRow.application_id == application_id))
        return (
            sorted((c.subject, c.kind, c.jurisdiction or "", c.attempt, c.state) for c in checks),
            sorted((f.code, f.subject, f.state) for f in found),
        )


def test_vetting_is_a_run_with_visible_steps_and_ids_only(stack: Stack, prefect: SyncPrefectClient) -> None:
    application = submitted(stack, "01-clean-aunt")
    end = running.run_flow(vet_application.vet_application, stack.kit, application_id=str(application))
    run = runs_of(prefect, application)[0]
    assert (str(run.id), run.state_name) == (end.run_id, "Completed")
    assert run.parameters == {"application_id": str(application)}
    assert list(end.result) == [
        "completeness",
        "identity",
        "proof of address",
        "background checks",
        "linkage",
        "assessment",
    ]


def test_a_flow_killed_half_way_is_run_again_with_the_same_outcome(
    stack: Stack, prefect: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = submitted(stack, "02-clean-mother")
    real = vet_application.run_step

    def dies(kit: Any, step: str, application_id: UUID, *, now: Any) -> dict[str, int]:
        counts = real(kit, step, application_id, now=now)
        if step == "background_checks":
            raise RuntimeError("killed after the work, before the mark")
        return counts

    monkeypatch.setattr(vet_application, "run_step", dies)
    with pytest.raises(RuntimeError, match="killed"):
        running.run_flow(vet_application.vet_application, stack.kit, application_id=str(application))
    monkeypatch.setattr(vet_application, "run_step", real)
    for _ in range(2):
        running.run_flow(vet_application.vet_application, stack.kit, application_id=str(application))
        checks, findings = outcome(stack, application)
    again = outcome(stack, application)
    assert again == (checks, findings)
    assert len(checks) == len({check[:4] for check in checks}) > 0
    states = sorted(run.state_name for run in runs_of(prefect, application))
    assert states == ["Completed", "Completed", "Failed"]


def test_one_broken_application_does_not_hold_up_its_batch(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = [uuid4(), uuid4(), uuid4()]
    vetted: list[UUID] = []

    def step(kit: Any, name: str, application_id: UUID, *, now: Any) -> dict[str, int]:
        if application_id == waiting[0]:
            raise ValueError
        vetted.append(application_id)
        return {}

    monkeypatch.setattr(import_packets, "run_step", step)
    monkeypatch.setattr(import_packets, "STEPS", ("completeness",))
    monkeypatch.setattr(import_packets, "waiting_applications", lambda session, limit: waiting)
    with pytest.raises(import_packets.NotAllVetted, match="1 of 3"):
        running.run_flow(import_packets.import_packets, stack.kit)
    assert vetted == waiting[1:]


def test_a_silent_child_fails_the_nightly_account(
    stack: Stack, prefect: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    account: dict[str, Any] = {"silent": [str(uuid4())], "unanswered": []}
    monkeypatch.setattr(rounds.rounds, "accounting_round", lambda kit, now: account)
    with pytest.raises(rounds.NotAccountedFor, match="1 silent, 0 unanswered"):
        running.run_flow(rounds.accounting, stack.kit)


@flow(name="waits")
def waits() -> None:
    """A flow that a test makes runs of."""


def begun(client: SyncPrefectClient, *tags: str) -> UUID:
    run_id = client.create_flow_run(waits, tags=tags).id
    client.set_flow_run_state(run_id, Running(), force=True)
    return run_id


def state_of(client: SyncPrefectClient, run_id: UUID) -> str:
    return str(client.read_flow_run(run_id).state_name)


def a_job(stack: Stack, key: str, state: str) -> UUID:
    with stack.kit.transaction() as session:
        jobs.enqueue(session, kind="waits", key=key, payload={}, now=current_time(session))
        job = session.exec(select(Job).where(Job.key == key)).one()
        job.state = state
        return job.id


def test_runs_that_nobody_carries_on_are_marked_and_others_are_left(
    stack: Stack, prefect: SyncPrefectClient
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    tag_of_gone = running._process_tag(gone.pid)
    gone.wait()
    ours = running._process_tag(os.getpid())
    of_gone = begun(prefect, tag_of_gone)
    over = begun(prefect, ours, f"job:{a_job(stack, 'over', 'done')}")
    in_hand = begun(prefect, ours, f"job:{a_job(stack, 'in hand', 'claimed')}")
    by_hand = begun(prefect, ours)
    elsewhere = begun(prefect, "in-process:another-machine:1:1")
    not_ours = begun(prefect, "somebody's")
    assert running.mark_crashed(stack.kit) == 2
    assert [state_of(prefect, run) for run in (of_gone, over)] == ["Crashed", "Crashed"]
    left = (in_hand, by_hand, elsewhere, not_ours)
    assert [state_of(prefect, run) for run in left] == ["Running"] * 4


def test_an_unreachable_prefect_is_told_from_a_flow_that_fails(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert running.is_reachable()
    with temporary_settings({PREFECT_API_URL: prefect_at_hand.NOBODY}):
        assert not running.is_reachable()
        with pytest.raises(Exception) as met:
            running.run_flow(waits, stack.kit)
    assert running.is_prefects_fault(met.value)
    assert not running.is_prefects_fault(ValueError("ours"))
