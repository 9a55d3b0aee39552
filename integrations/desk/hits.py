"""Hits, as named people deal with them: two judge each, and the record behind it is kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk.acting import Act, want_reason
from integrations.desk.evidence import keep_legible
from integrations.desk.naming import find_hit, find_waiting_hit
from integrations.hits import hit_classes
from integrations.kit import Kit
from integrations.store import history
from integrations.store.applications import find_application, gather
from integrations.store.files import file_content
from integrations.store.sealing import seal_json
from integrations.store.staff import require_role
from models.errors import BadInput, NotFound, Problem
from models.facts import Person
from models.states import Role
from models.tables.checks import CheckVerdict, CriminalRecord
from models.tables.vetting import BackgroundCheck
from vetting import decision, hits

_DISPOSITIONS = ("resolved", "unresolved")
_MAY_READ = (Role.FEDERAL_FIELD_SPECIALIST, Role.SUPERVISOR)


def adjudicate(
    kit: Kit,
    key: str,
    check: str,
    person: Person,
    *,
    verdict: str,
    reason: str,
    offence_on: date | None = None,
    now: datetime,
) -> UUID:
    """One of the two voices on a hit that needs review. Two settle it; where they differ, the graver word stands.

    Raises:
        BadInput: no such hit or verdict, no reason, or a day of the offence that does not fit the verdict.
        Refused: wrong role, or this person gave the first voice.
    """
    said = hits.voice(verdict, offence_on, hit_classes(), now.date())
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        require_role(person, *_MAY_READ)
        named = find_waiting_hit(act.facts, check, now)
        row = session.get_one(BackgroundCheck, named.id, with_for_update=True)
        voices = _voices(session, row.id)
        first = voices[-1] if len(voices) % 2 else None
        role = decision.may_adjudicate(
            act.facts, person, named, reason, first.by_staff if first else None, now=now
        )
        _keep_voice(act, row, said, reason, offence_on, round_=len(voices) // 2 + 1)
        if first is not None:
            _judge(act, row, first, said)
        return act.done(role, f"adjudicate {row.kind}", judge="background_checks")


def _voices(session: Session, check_id: UUID) -> Sequence[CheckVerdict]:
    """Every word said on this hit, round by round. Each full round has two."""
    return session.scalars(
        select(CheckVerdict)
        .where(col(CheckVerdict.check_id) == check_id)
        .order_by(col(CheckVerdict.round), col(CheckVerdict.at))
    ).all()


def _keep_voice(
    act: Act, row: BackgroundCheck, said: hits.Voice, reason: str, offence_on: date | None, *, round_: int
) -> None:
    voice = CheckVerdict(
        check_id=row.id,
        round=round_,
        verdict=said.verdict,
        bars_until_on=said.bars_until_on,
        hit_classes=hit_classes().version,
        by_staff=act.person.id,
        at=act.now,
    )
    # The reasons tell of the record: they are sealed with the day of the offence, and stand nowhere else.
    words = {"reason": reason, "offence_on": offence_on.isoformat() if offence_on else None}
    seal_json(act.kit.vault, voice, "sealed_words", words)
    act.session.add(voice)
    act.session.flush()
    new = f"{said.verdict} in round {round_}"
    history.record(
        act.session, voice, old=None, new=new, actor=act.actor, why="a voice on a hit", now=act.now
    )


def _judge(act: Act, row: BackgroundCheck, first: CheckVerdict, second: hits.Voice) -> None:
    earlier = hits.Voice(first.verdict, first.bars_until_on)  # type: ignore[arg-type]
    stands, old = hits.together(earlier, second), row.adjudication
    row.adjudication, row.bars_until_on = stands.verdict, stands.bars_until_on
    act.session.add(row)
    new = f"judged {stands.verdict}" + (f" until {stands.bars_until_on}" if stands.bars_until_on else "")
    history.record(
        act.session, row, old=old, new=new, actor=act.actor, why="two people judged the hit", now=act.now
    )


def keep_record(
    kit: Kit,
    key: str,
    check: str,
    person: Person,
    *,
    record: tuple[str, bytes],
    disposition: str | None = None,
    now: datetime,
) -> UUID:
    """The raw record behind a hit is in the file, sealed, apart from how it is judged. `record`: name and content.

    `disposition`: of the arrest or charge; an unresolved one asks for the state's own records.

    Raises:
        BadInput: no such hit, no readable scan or PDF, another word. Refused: wrong role, two_roles.
    """
    if disposition is not None and disposition not in _DISPOSITIONS:
        words = " or ".join(_DISPOSITIONS)
        raise BadInput(
            Problem("--disposition", "wrong_value", f"This is not {words}.", f"Use {_DISPOSITIONS[0]}.")
        )
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = decision.may_act(act.facts, person, Role.CASE_MANAGER)
        row = session.get_one(BackgroundCheck, find_hit(act.facts, check).id, with_for_update=True)
        add_record(act, row, record, option="--record")
        if disposition is not None:
            row.disposition = disposition
            session.add(row)
            session.flush()
        return act.done(role, f"keep record {row.kind}", judge="background_checks")


def add_record(act: Act, row: BackgroundCheck, record: tuple[str, bytes], *, option: str) -> None:
    """As `keep_record`, inside the transaction that holds application and check."""
    name, content = record
    file_id = keep_legible(act, content, option=option, filename=name)
    kept = CriminalRecord(check_id=row.id, file_id=file_id, recorded_by=act.person.id, at=act.now)
    act.session.add(kept)
    act.session.flush()
    history.record(
        act.session, kept, old=None, new="kept", actor=act.actor, why="the record behind a hit", now=act.now
    )


def read_record(kit: Kit, key: str, check: str, person: Person, *, reason: str, now: datetime) -> bytes:
    """The newest raw record behind a hit, for those who judge it. Each look is on record, with its reason.

    Raises:
        BadInput: no such hit, no reason. NotFound: no record was kept. Refused: wrong role, two_roles.
    """
    want_reason(reason)
    with kit.transaction() as session:
        application = find_application(session, key)
        facts = gather(session, kit.vault, application)
        decision.may_act(facts, person, *_MAY_READ)
        hit = find_hit(facts, check)
        kept = session.scalars(
            select(CriminalRecord)
            .where(col(CriminalRecord.check_id) == hit.id)
            .order_by(col(CriminalRecord.at).desc(), col(CriminalRecord.id))
            .limit(1)
        ).first()
        if kept is None:
            raise NotFound("criminal record", str(hit.id))
        actor = str(person.id)
        history.audit(session, actor=actor, act="read", noun="criminal_record", ids=[kept.id], now=now)
        history.record(session, kept, old=None, new="read", actor=actor, why=reason, now=now)
        return file_content(session, kit.vault, kept.file_id)
