"""The API's acts on an escalation: to take it, to hand it on, to resolve it. Acts of a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from console.api.bodies import Body, parse
from console.api.callers import Principal, acts, person_of
from console.api.cases import case_answer
from console.api.describing import acting, json_of
from console.api.once import Act, once
from console.api.schemas.acts import Handover, Resolution
from console.api.schemas.case import Case
from console.context import console_of
from integrations.desk import escalations
from integrations.identity.api_keys import Scope

router = APIRouter(prefix="/escalations/{escalation_id}")
Actor = Annotated[Principal, Depends(acts(Scope.ESCALATIONS_WRITE, of_a_person=True))]


@router.post("/acknowledge", **acting(Case, Scope.ESCALATIONS_WRITE, 404))
def acknowledge_escalation(request: Request, who: Actor, escalation_id: UUID) -> JSONResponse:
    """It is yours from now on. Answers with the case."""
    person, kit, now = person_of(who), console_of(request).kit, console_of(request).now()
    return _act(
        request, who, escalation_id, b"", lambda: escalations.acknowledge(kit, escalation_id, person, now=now)
    )


@router.post("/resolve", **acting(Case, Scope.ESCALATIONS_WRITE, 404, body=json_of(Resolution)))
def resolve_escalation(request: Request, who: Actor, escalation_id: UUID, body: Body) -> JSONResponse:
    """Its duty is settled with this as evidence, or goes on as a review. Answers with the case."""
    person, kit, now = person_of(who), console_of(request).kit, console_of(request).now()
    told = parse(Resolution, body)
    return _act(
        request,
        who,
        escalation_id,
        body,
        lambda: escalations.resolve(
            kit, escalation_id, person, outcome=told.outcome, reason=told.reason, now=now
        ),
    )


@router.post("/reassign", **acting(Case, Scope.ESCALATIONS_WRITE, 404, body=json_of(Handover)))
def reassign_escalation(request: Request, who: Actor, escalation_id: UUID, body: Body) -> JSONResponse:
    """Another named person owns it; its times stay. Answers with the case."""
    person, kit, now = person_of(who), console_of(request).kit, console_of(request).now()
    told = parse(Handover, body)
    return _act(
        request,
        who,
        escalation_id,
        body,
        lambda: escalations.reassign(
            kit, escalation_id, person, to_email=told.to, reason=told.reason, now=now
        ),
    )


def _act(
    request: Request, who: Principal, escalation_id: UUID, body: bytes, do: Callable[[], UUID]
) -> JSONResponse:
    return once(
        Act(
            request,
            who,
            content=body,
            about=lambda session: ("escalation", escalation_id),
            do=lambda: case_answer(request, who, do()),
        )
    )
