"""`vet-application`: an application taken as far as it can go now. Re-entrant; its run carries an id only."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import equipment
from integrations.desk.steps import run_step

_TASK: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False, "retries": 0}


@task(name="completeness", **_TASK)
def completeness(application_id: str, at: datetime) -> dict[str, int]:
    """Which documents and consents are missing."""
    return run_step(equipment.kit(), "completeness", UUID(application_id), now=at)


@task(name="identity", **_TASK)
def identity(application_id: str, at: datetime) -> dict[str, int]:
    """How legible each document is; what has expired; what differs from what a person typed."""
    return run_step(equipment.kit(), "identity", UUID(application_id), now=at)


@task(name="proof of address", **_TASK)
def proof_of_address(application_id: str, at: datetime) -> dict[str, int]:
    """The scan is read and compared, and the stated address looked up."""
    return run_step(equipment.kit(), "proof_of_address", UUID(application_id), now=at)


@task(name="background checks", **_TASK)
def background_checks(application_id: str, at: datetime) -> dict[str, int]:
    """What is missing is ordered once; what has arrived is collected."""
    return run_step(equipment.kit(), "background_checks", UUID(application_id), now=at)


@task(name="linkage", **_TASK)
def linkage(application_id: str, at: datetime) -> dict[str, int]:
    """Other applications that share a person, home or phone."""
    return run_step(equipment.kit(), "linkage", UUID(application_id), now=at)


@task(name="assessment", **_TASK)
def assessment(application_id: str, at: datetime) -> dict[str, int]:
    """Home-study triggers, the state that follows, and the duties that stand open."""
    return run_step(equipment.kit(), "assessment", UUID(application_id), now=at)


@flow(name="vet-application", flow_run_name="vet {application_id}", log_prints=False)
def vet_application(application_id: str) -> dict[str, dict[str, int]]:
    """The application stands where its facts put it. Run it as often as you like."""
    at = equipment.now()
    return {
        step.name: step(application_id, at)
        for step in (completeness, identity, proof_of_address, background_checks, linkage, assessment)
    }
