"""The API's part about one case: to read it; and acts of a person: a call that they made, a move."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse
from sqlmodel import Session

from console.api.bodies import Body, parse
from console.api.callers import Principal, acts, person_of, reads
from console.api.describing import acting, json_of, reading
from console.api.once import About, Act, Answered, once
from console.api.schemas.acts import NewCall, NewHome
from console.api.schemas.case import Case
from console.context import console_of
from integrations.desk import addresses, calls, views
from integrations.identity.api_keys import Scope
from integrations.store.cases import find_case

router = APIRouter(prefix="/cases/{key}")
Reader = Annotated[Principal, Depends(reads(Scope.CASES_READ))]
Actor = Annotated[Principal, Depends(acts(Scope.CASES_WRITE, of_a_person=True))]
Key = Annotated[
    str, Path(max_length=200, pattern=r"^[^\x00-\x1f]+$", description="Its id, or the packet's reference.")
]


def case_answer(request: Request, who: Principal, case_id: UUID) -> Answered:
    """The case as it stands after an act. The look is in the audit."""
    console = console_of(request)
    now = console.now()
    return Answered(views.case_json(console.kit, str(case_id), actor=who.actor, now=now))


@router.get("", **reading(Case, Scope.CASES_READ, 404))
def read_case(request: Request, who: Reader, key: Key) -> JSONResponse:
    """One case, as `kinline case` prints it."""
    console = console_of(request)
    return JSONResponse(views.case_json(console.kit, key, actor=who.actor, now=console.now()))


@router.post("/calls", **acting(Case, Scope.CASES_WRITE, 404, body=json_of(NewCall)))
def record_call(request: Request, who: Actor, key: Key, body: Body) -> JSONResponse:
    """A call that a person made is written down, as by `kinline call record`. Answers with the case."""
    person, console = person_of(who), console_of(request)
    told, now = parse(NewCall, body), console.now()

    def do() -> Answered:
        found = calls.record_call(
            console.kit,
            key,
            party=told.party,
            outcome=told.outcome,
            answers=told.answers.model_dump_json(exclude_none=True).encode(),
            person=person,
            true_time=told.true_time,
            now=now,
        )
        return case_answer(request, who, found)

    return once(Act(request, who, content=body, about=_case(key), do=do))


@router.post("/address", **acting(Case, Scope.CASES_WRITE, 404, body=json_of(NewHome)))
def change_address(request: Request, who: Actor, key: Key, body: Body) -> JSONResponse:
    """A move, as `kinline address change` records it: through the gate, never an overwrite. Answers with the case."""
    person, console = person_of(who), console_of(request)
    told, now = parse(NewHome, body), console.now()

    def do() -> Answered:
        found = addresses.change_address(
            console.kit,
            key,
            told.address.model_dump_json().encode(),
            person,
            moved=addresses.Moved(on=told.moved_on, source="api"),
            now=now,
        )
        return case_answer(request, who, found)

    return once(Act(request, who, content=body, about=_case(key), do=do))


def _case(key: str) -> About:
    def about(session: Session) -> tuple[str, UUID]:
        return "child_case", find_case(session, key).id

    return about
