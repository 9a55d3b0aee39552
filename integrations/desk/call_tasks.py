"""The callers' tasks: what is due, one of them opened to be called, and its answers saved as they are typed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlmodel import Session, col

from followup.answers import parse_draft
from followup.calendar import zone_named
from followup.scripts import filled_form, needs_interpreter
from integrations.catalogs import script
from integrations.desk.court_views import help_json
from integrations.desk.escalations import policy_of
from integrations.kit import Kit
from integrations.store import history
from integrations.store.cases import lock_row
from integrations.store.contacts import plain_number
from integrations.store.scope import IN_SCOPE
from integrations.store.sealing import open_json, seal_json
from integrations.store.staff import record_act, require_role
from models.contacts import CallOutcome
from models.errors import Refused
from models.facts import Person
from models.states import Role
from models.tables.base import Sealed
from models.tables.ledger import Call
from models.tables.people import Case, PhoneNumber
from models.tables.reports import CallDraft

# Beside the answers of a draft: no question of any script is called so.
_OUTCOME = "outcome"
CALLERS = (Role.POST_RELEASE_CALLER, Role.CASE_MANAGER, Role.SUPERVISOR)


def tasks_json(kit: Kit, *, office: str | None = None, now: datetime) -> dict[str, Any]:
    """The tasks that are due (of one office, or all), the longest waiting first. No number stands in the list."""
    with kit.transaction() as session:
        rows = session.execute(
            select(Call, Case, PhoneNumber, col(CallDraft.at))
            .join(Case, col(Case.id) == col(Call.case_id))
            .outerjoin(PhoneNumber, col(PhoneNumber.id) == col(Call.number_id))
            .outerjoin(CallDraft, col(CallDraft.call_id) == col(Call.id))
            .where(col(Call.kind) == "human", col(Call.state) == "due", col(Call.due_at) <= now)
            .where(text(IN_SCOPE.format(case="call.case_id")).bindparams(office=office))
            .order_by(col(Call.due_at), col(Call.id))
        )
        tasks = [_task(call, case, number, typed_at, now) for call, case, number, typed_at in rows]
    return {"as_of": now.isoformat(), "tasks": tasks}


def _task(
    call: Call, case: Case, number: PhoneNumber | None, typed_at: datetime | None, now: datetime
) -> dict[str, Any]:
    """`to`: whose phone it is. `local_time`: there; null where we do not know the place (abroad, no address)."""
    to = number.role if number is not None else None
    zone = case.zone if to != "home_country" else None
    language = number.language if number is not None else None
    return {
        "id": str(call.id),
        "case_id": str(call.case_id),
        "party": call.party,
        "to": to,
        "step": call.step,
        "due_at": call.due_at.isoformat(),
        "local_time": now.astimezone(zone_named(zone)).strftime("%Y-%m-%d %H:%M") if zone else None,
        "zone": zone,
        "language": language,
        "interpreter": language is None or needs_interpreter(language, policy_of(case)),
        "script": script(language or "en").language,
        "typed_at": typed_at.isoformat() if typed_at else None,
    }


def open_task(kit: Kit, task_id: UUID, person: Person, *, now: datetime) -> dict[str, Any]:
    """One task with its number, its script and the form as far as it is typed. The read is audited.

    On a contact's phone there is nothing to ask: it hears one sentence.

    Raises:
        Refused: wrong role, or nobody has to make this call any more.
    """
    with kit.transaction() as session:
        require_role(person, *CALLERS)
        call = _due(session, task_id)
        case = session.get_one(Case, call.case_id)
        number = session.get(PhoneNumber, call.number_id) if call.number_id else None
        typed = session.scalars(select(CallDraft).where(col(CallDraft.call_id) == call.id)).one_or_none()
        history.audit(
            session, actor=str(person.id), act="open call task", noun="call", ids=[call.id], now=now
        )
        said = script(number.language if number is not None else "en")
        ours = number is None or number.role == "party"
        answers = dict(open_json(kit.vault, typed, "sealed_answers")) if typed is not None else {}
        outcome = answers.pop(_OUTCOME, None)
        return {
            **_task(call, case, number, typed.at if typed else None, now),
            "number": None if number is None else plain_number(kit.vault, number),
            "say": dict(said.opening) if ours else {"third_party": said.opening["third_party"]},
            "form": filled_form(said, answers) if ours else None,
            # How the call ended, if that is chosen already.
            "outcome": outcome,
            # What the family must know after a missed hearing. A contact learns nothing.
            "court_help": help_json(session, case) if ours else None,
        }


def questions(language: str) -> dict[str, str]:
    """What is asked on each topic, in this language."""
    return dict(script(language).questions)


def save_draft(
    kit: Kit,
    task_id: UUID,
    answers: bytes,
    person: Person,
    *,
    outcome: CallOutcome | None = None,
    now: datetime,
) -> UUID:
    """What has been typed and chosen so far is kept, sealed; the last word counts. It settles nothing. Returns the task.

    Raises:
        BadInput: one problem per answer that can't be used; nothing is saved.
    """
    said = parse_draft(answers) | ({} if outcome is None else {_OUTCOME: outcome.value})
    with kit.transaction() as session:
        role = require_role(person, *CALLERS)
        call = _due(session, task_id)
        record_act(session, call.case_id, person, role, now=now)
        row = session.scalars(select(CallDraft).where(col(CallDraft.call_id) == call.id)).one_or_none()
        old = None if row is None else "typed"
        row = row or CallDraft(call_id=call.id, sealed_answers=Sealed(b""), saved_by=person.id, at=now)
        row.saved_by, row.at = person.id, now
        seal_json(kit.vault, row, "sealed_answers", said)
        session.add(row)
        session.flush()
        history.record(
            session, row, old=old, new="typed", actor=str(person.id), why="a call goes on", now=now
        )
        return call.id


def end_draft(session: Session, call_id: UUID) -> None:
    """The record stands now: what was typed on the way is not kept beside it."""
    session.execute(delete(CallDraft).where(col(CallDraft.call_id) == call_id))


def _due(session: Session, task_id: UUID) -> Call:
    call = lock_row(session, Call, task_id, col(Call.kind) == "human")
    if call.state != "due":
        raise Refused("not_due", f"this call is {call.state}: nobody has to make it any more")
    return call
