"""Rows of the court's list that a person must look at: an unknown child, another birth date, a padded number."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, ColumnElement, LargeBinary, any_, literal, select, update
from sqlmodel import Session, col

from followup.court import ask_court
from followup.hearings import change_of
from integrations.desk.court import hearings_changed
from integrations.desk.duties import open_many
from integrations.desk.escalations import policy_of
from integrations.desk.hearing_changes import ChangedHearing, apply_changes
from integrations.kit import Kit
from integrations.store import hearings, history
from integrations.store.cases import find_case, lock_case, lock_cases
from integrations.store.sealing import open_json, seal_json
from integrations.store.staff import record_act, require_role
from integrations.vault import Vault
from models.court import HearingChange, HearingRow
from models.errors import BadInput, NotFound, Problem, Refused
from models.facts import Person
from models.states import FOLLOWED, Role
from models.tables.base import Sealed
from models.tables.hearing_list import HearingDoubt, HearingImport
from models.tables.people import Case

Why = Literal["unknown_child", "birth_date_differs", "padded_number"]
Answer = Literal["yes", "no"]
DESK = (Role.CASE_MANAGER, Role.SUPERVISOR)
_DECIDED = "a person said whose hearing it is"


def answer_from(word: str) -> Answer:
    """The answer that this word is.

    Raises:
        BadInput: it is neither.
    """
    if word in ("yes", "no"):
        return "yes" if word == "yes" else "no"
    raise BadInput(
        Problem("ANSWER", "wrong_value", "The answer is yes or no.", "Say yes if it is this child's hearing.")
    )


@dataclass(frozen=True, slots=True)
class Doubt:
    """A row of the list in doubt. `case_id`: of whom it seems to be; `hearing_id`: what was made of it already."""

    why: Why
    row: HearingRow
    row_key: bytes
    case_id: UUID | None = None
    hearing_id: UUID | None = None


def row_key(vault: Vault, row: HearingRow) -> bytes:
    """By which the same row of the list is known again, whatever time it names."""
    return vault.blind("hearing_row", row.a_number, row.court, row.hearing_key)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a person said of a row: whose hearing it is (`case_id`), or that it is no child's of ours."""

    case_id: UUID | None


def answers(session: Session, row_keys: Collection[bytes]) -> dict[bytes, Answered]:
    """The rows that a person has decided on, by key. A `no` counts before a `yes`."""
    rows = session.execute(
        select(col(HearingDoubt.row_key), col(HearingDoubt.answer), col(HearingDoubt.case_id)).where(
            _has_one_of(row_keys), col(HearingDoubt.answer).in_(("yes", "no"))
        )
    )
    found: dict[bytes, Answered] = {}
    for key, answer, case_id in rows:
        if answer == "no" or key not in found:
            found[key] = Answered(case_id if answer == "yes" else None)
    return found


def _has_one_of(row_keys: Collection[bytes]) -> ColumnElement[bool]:
    """As one array: thousands of parameters of an `IN` take longer to name than the rows to find."""
    return col(HearingDoubt.row_key) == any_(literal(list(row_keys), ARRAY(LargeBinary)))


def keep_doubts(
    kit: Kit, session: Session, doubts: Sequence[Doubt], *, import_id: UUID, actor: str, now: datetime
) -> list[tuple[UUID, Doubt]]:
    """These rows wait for a person. Returns those that are new, with their ids; what was asked already is not asked again."""
    if not doubts:
        return []
    standing = {
        (one.row_key, one.why): one
        for one in session.scalars(
            select(HearingDoubt).where(col(HearingDoubt.row_key).in_([d.row_key for d in doubts]))
        )
    }
    new = []
    for doubt in doubts:
        content = kit.vault.blind("hearing_content", json.dumps(asdict(doubt.row), default=str))
        row = standing.get((doubt.row_key, doubt.why))
        if row is None:
            row = _kept(kit, session, doubt, content, import_id, now)
            new.append((row.id, doubt))
        elif row.settled_at is None and row.content_key != content:
            row.content_key, row.line, row.import_id = content, doubt.row.line, import_id
            seal_json(kit.vault, row, "sealed_row", asdict(doubt.row))
            session.add(row)
    session.flush()
    _ask_the_court(session, [d for _, d in new], actor=actor, now=now)
    return new


def _kept(
    kit: Kit, session: Session, doubt: Doubt, content: bytes, import_id: UUID, now: datetime
) -> HearingDoubt:
    row = HearingDoubt(
        import_id=import_id,
        line=doubt.row.line,
        why=doubt.why,
        row_key=doubt.row_key,
        content_key=content,
        sealed_row=Sealed(b""),
        case_id=doubt.case_id,
        hearing_id=doubt.hearing_id,
        since_at=now,
    )
    seal_json(kit.vault, row, "sealed_row", asdict(doubt.row))
    session.add(row)
    return row


def _ask_the_court(session: Session, doubts: Sequence[Doubt], *, actor: str, now: datetime) -> None:
    """The list names a hearing under a child's number with another birth date: of that child the court is asked."""
    differ = {d.case_id for d in doubts if d.why == "birth_date_differs" and d.case_id is not None}
    wanted = [
        (case, ask_court(f"doubt-{now:%Y%m%dT%H%M}", policy_of(case), now))
        for case in lock_cases(session, differ).values()
        if case.state in FOLLOWED
    ]
    open_many(session, wanted, actor=actor, why="the court's list has another birth date", now=now)


def known_now(session: Session, row_keys: Collection[bytes], *, now: datetime) -> None:
    """Rows of children who were unknown when they came, and are known by now, are in doubt no more."""
    session.execute(
        update(HearingDoubt)
        .where(
            _has_one_of(row_keys),
            col(HearingDoubt.why) == "unknown_child",
            col(HearingDoubt.settled_at).is_(None),
        )
        .values(answer="known_now", settled_at=now)
    )


def open_doubts(kit: Kit, *, actor: str, now: datetime) -> list[dict[str, Any]]:
    """The rows that wait for a person, oldest first. Whose number it is stands in `doubt_in_full` alone."""
    with kit.transaction() as session:
        rows = session.scalars(
            select(HearingDoubt)
            .where(col(HearingDoubt.settled_at).is_(None))
            .order_by(col(HearingDoubt.since_at), col(HearingDoubt.line))
        ).all()
        ids = [row.id for row in rows]
        history.audit(
            session, actor=actor, act="list hearings in doubt", noun="hearing_doubt", ids=ids, now=now
        )
        return [_told(kit, row, now) for row in rows]


def doubt_in_full(kit: Kit, doubt_id: UUID, person: Person, *, now: datetime) -> dict[str, Any]:
    """One of them with the number and the birth date that the list has, for who must say whose it is.

    Raises:
        NotFound: there is none. Refused: not for this person's eyes.
    """
    require_role(person, *DESK)
    with kit.transaction() as session:
        row = _find(session, doubt_id)
        history.audit(session, actor=str(person.id), act="read", noun="hearing_doubt", ids=[row.id], now=now)
        full: dict[str, Any] = open_json(kit.vault, row, "sealed_row")
        return _told(kit, row, now) | {
            "a_number": full["a_number"],
            "date_of_birth": full["born_on"],
            "answer": row.answer,
        }


def _told(kit: Kit, row: HearingDoubt, now: datetime) -> dict[str, Any]:
    full = open_json(kit.vault, row, "sealed_row")
    return {
        "id": str(row.id),
        "why": row.why,
        "line": row.line,
        "court": full["court"],
        "hearing_key": full["hearing_key"],
        "starts_at": full["starts_at"],
        "case_id": row.case_id and str(row.case_id),
        "age_hours": round((now - row.since_at).total_seconds() / 3600, 1),
    }


def settle_doubt(
    kit: Kit,
    doubt_id: UUID,
    answer: Answer,
    person: Person,
    *,
    reason: str,
    case_key: str | None = None,
    now: datetime,
) -> dict[str, Any]:
    """A named person says whether the hearing is this child's. From then on the list's word for it counts, or does not.

    `yes` makes it the child's hearing, with its reminders; `no` takes back what was made of it.

    Raises:
        BadInput: no reason, or a case is needed to say yes. Refused: wrong role, or it is settled already.
    """
    if not reason.strip():
        raise BadInput(Problem("--reason", "missing", "Say how you know.", "Add --reason TEXT."))
    role = require_role(person, *DESK)
    with kit.transaction() as session:
        hearings.take_turn(session)
        doubt = _find(session, doubt_id)
        if doubt.settled_at is not None:
            raise Refused("not_open", "This row was settled before.")
        case = _case_of(session, doubt, case_key, answer)
        if case is not None:
            record_act(session, case.id, person, role, now=now)
            _apply(kit, session, doubt, case, answer, person, now)
            doubt.case_id = case.id
        doubt.answer, doubt.settled_by, doubt.reason, doubt.settled_at = answer, person.id, reason, now
        session.add(doubt)
        history.record(session, doubt, old="open", new=answer, actor=str(person.id), why=reason, now=now)
        return {"id": str(doubt.id), "answer": answer, "case_id": doubt.case_id and str(doubt.case_id)}


def _find(session: Session, doubt_id: UUID) -> HearingDoubt:
    row = session.get(HearingDoubt, doubt_id, with_for_update=True)
    if row is None:
        raise NotFound("row in doubt", str(doubt_id))
    return row


def _case_of(session: Session, doubt: HearingDoubt, case_key: str | None, answer: Answer) -> Case | None:
    if case_key is not None:
        return find_case(session, case_key, lock=True)
    if doubt.case_id is not None:
        return lock_case(session, doubt.case_id)
    if answer == "yes":
        raise BadInput(
            Problem(
                "--case",
                "missing",
                "No child of ours has this number.",
                "Say whose hearing it is: --case CASE.",
            )
        )
    return None


def _apply(
    kit: Kit, session: Session, doubt: HearingDoubt, case: Case, answer: Answer, person: Person, now: datetime
) -> None:
    row = _row(open_json(kit.vault, doubt, "sealed_row"))
    found = hearings.hearings_of(session, [case.id]).meant(case.id, row, by_a_list=True)
    if answer == "no":
        if doubt.hearing_id is None or found is None:
            return
        row = replace(row, state="cancelled")
    change = change_of(found and found[1], row)
    if change == HearingChange.SAME:
        return
    one = ChangedHearing(
        id=found[0] if found else uuid4(),
        case_id=case.id,
        case_state=case.state,
        zone=case.zone,
        policy=case.followup_policy,
        row=row,
        known=found[1] if found else None,
        change=change,
        because=_DECIDED,
    )
    source = session.get_one(HearingImport, doubt.import_id).source
    apply_changes(session, [one], source=source, actor=str(person.id), now=now)
    doubt.hearing_id = one.id
    if case.state in FOLLOWED:
        hearings_changed(session, case, actor=str(person.id), why=_DECIDED, now=now)


def _row(told: dict[str, Any]) -> HearingRow:
    dates = {
        "starts_at": datetime.fromisoformat(told["starts_at"]),
        "born_on": date.fromisoformat(told["born_on"]),
    }
    return HearingRow(**(told | dates))
