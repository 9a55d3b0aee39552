"""Hits, as named people deal with them: two judge each, and the record behind it is kept apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import Session, col

from integrations.desk.acting import Act, want_reason
from integrations.desk.evidence import keep_legible
from integrations.desk.instants import iso
from integrations.desk.naming import find_hit, find_standing_hit
from integrations.documents.pictures import page_count
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
from models.tables.people import Staff
from models.tables.vetting import BackgroundCheck, DocumentFile
from vetting import acts, checks, hits

_DISPOSITIONS = ("resolved", "unresolved")
MAY_JUDGE = (Role.FEDERAL_FIELD_SPECIALIST, Role.SUPERVISOR)


def adjudicate(
    kit: Kit,
    key: str,
    check: str,
    person: Person,
    *,
    verdict: str,
    reason: str,
    offence_on: date | None = None,
    evidence: tuple[str, bytes] | None = None,
    now: datetime,
) -> UUID:
    """One of the two voices on a hit. Two settle it; where they differ, the graver word stands.

    `evidence`: name and content of the paper which shows that the record is another person's.

    Raises:
        BadInput: no such hit or verdict, no reason, a day of the offence that does not fit the verdict, or
            `not_this_person` without a readable paper.
        Refused: wrong role, this person gave the first voice, or a bar would be weighed.
    """
    said = hits.voice(verdict, offence_on, hit_classes(), now.date())
    _want_paper(said, evidence)
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        require_role(person, *MAY_JUDGE)
        named = find_standing_hit(act.facts, check, now)
        row = session.get_one(BackgroundCheck, named.id, with_for_update=True)
        round_, first = _round(row, _voices(session, row.id))
        spoke = first.by_staff if first else None
        role = acts.may_adjudicate(act.facts, person, named, reason, spoke, word=said.verdict, now=now)
        paper = None
        if evidence is not None:
            paper = keep_legible(act, evidence[1], option="--evidence", filename=evidence[0])
        words = {"reason": reason, "offence_on": offence_on.isoformat() if offence_on else None}
        _keep_voice(act, row, said, words, round_=round_, paper=paper)
        if first is not None:
            _judge(act, row, first, said, bars=checks.hit_of(named, now) is checks.Standing.HIT_BAR)
        return act.done(role, f"adjudicate {row.kind}", judge="background_checks")


def _want_paper(said: hits.Voice, evidence: tuple[str, bytes] | None) -> None:
    shows = said.verdict == "not_this_person"
    if shows and evidence is None:
        raise BadInput(
            Problem(
                "--evidence",
                "missing",
                "That a record is another person's must be shown on paper.",
                "Add --evidence FILE: a comparison of prints, a letter of the registry or the court.",
            )
        )
    if evidence is not None and not shows:
        raise BadInput(
            Problem(
                "--evidence",
                "wrong_value",
                "Only not_this_person brings a paper of its own.",
                "Leave it out; the record behind the hit is kept with kinline check keep-record.",
            )
        )


def _round(row: BackgroundCheck, voices: Sequence[CheckVerdict]) -> tuple[int, CheckVerdict | None]:
    """The round in which the next voice is given, and the first voice of it, if that has been given.

    A voice on a lesser hit is none on what the provider has called a bar since.
    """
    if not voices:
        return 1, None
    last = voices[-1]
    waits = sum(v.round == last.round for v in voices) == 1 and last.judged_state == row.state
    return (last.round, last) if waits else (last.round + 1, None)


def _voices(session: Session, check_id: UUID) -> Sequence[CheckVerdict]:
    """Every word said on this hit, round by round. Each full round has two."""
    return session.scalars(
        select(CheckVerdict)
        .where(col(CheckVerdict.check_id) == check_id)
        .order_by(col(CheckVerdict.round), col(CheckVerdict.at))
    ).all()


def _keep_voice(
    act: Act,
    row: BackgroundCheck,
    said: hits.Voice,
    words: Mapping[str, str | None],
    *,
    round_: int,
    paper: UUID | None,
) -> None:
    voice = CheckVerdict(
        check_id=row.id,
        round=round_,
        judged_state=row.state,
        verdict=said.verdict,
        evidence_file_id=paper,
        bars_until_on=said.bars_until_on,
        hit_classes=hit_classes().version,
        by_staff=act.person.id,
        at=act.now,
    )
    # The words tell of the record: the reasons and the day of the offence are sealed, and stand nowhere else.
    seal_json(act.kit.vault, voice, "sealed_words", words)
    act.session.add(voice)
    act.session.flush()
    new = f"{said.verdict} in round {round_}"
    history.record(
        act.session, voice, old=None, new=new, actor=act.actor, why="a voice on a hit", now=act.now
    )


def _judge(act: Act, row: BackgroundCheck, first: CheckVerdict, second: hits.Voice, *, bars: bool) -> None:
    earlier = hits.Voice(first.verdict, first.bars_until_on)  # type: ignore[arg-type]
    stands, old = hits.together(earlier, second), row.adjudication
    if bars and stands.verdict != "not_this_person":
        why = "two people do not agree that the record is another person's"
        history.record(act.session, row, old=old, new="the bar stands", actor=act.actor, why=why, now=act.now)
        return
    row.adjudication, row.bars_until_on = stands.verdict, stands.bars_until_on
    act.session.add(row)
    new = f"judged {stands.verdict}" + (f" until {stands.bars_until_on}" if stands.bars_until_on else "")
    history.record(
        act.session, row, old=old, new=new, actor=act.actor, why="two people judged the hit", now=act.now
    )


def forget_judgement(row: BackgroundCheck) -> None:
    """What two people said of a lesser hit says nothing of what now bars; their words stay on record."""
    row.adjudication = row.bars_until_on = None


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
        role = acts.may_act(act.facts, person, Role.CASE_MANAGER)
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


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """The newest record behind a hit. `content`: of the scan or PDF; `pages`: how many there are to draw of it."""

    content: bytes = field(repr=False)
    pages: int
    by: str
    at: datetime


def read_record(kit: Kit, key: str, check: str, person: Person, *, reason: str, now: datetime) -> KeptRecord:
    """The newest raw record behind a hit, for those who judge it. Each look is on record, with its reason.

    Raises:
        BadInput: no such hit, no reason. NotFound: no record was kept. Refused: wrong role, two_roles.
    """
    want_reason(reason)
    with kit.transaction() as session:
        application = find_application(session, key)
        facts = gather(session, kit.vault, application)
        acts.may_act(facts, person, *MAY_JUDGE)
        hit = find_hit(facts, check)
        found = session.execute(_kept(hit.id).limit(1)).first()
        if found is None:
            raise NotFound("criminal record", str(hit.id))
        kept, staff = found
        actor = str(person.id)
        history.audit(session, actor=actor, act="read", noun="criminal_record", ids=[kept.id], now=now)
        history.record(session, kept, old=None, new="read", actor=actor, why=reason, now=now)
        content = file_content(session, kit.vault, kept.file_id)
        pages = page_count(content, session.get_one(DocumentFile, kept.file_id).media_type)
        return KeptRecord(content, pages, staff.display_name, kept.at)


def records_json(kit: Kit, check_id: UUID) -> list[dict[str, Any]]:
    """Who kept a record behind this check and when, the newest first; nothing of what it says."""
    with kit.transaction() as session:
        return [
            {"by": staff.display_name, "at": iso(kept.at)} for kept, staff in session.execute(_kept(check_id))
        ]


def _kept(check_id: UUID) -> Select[CriminalRecord, Staff]:
    """The records behind this check and who kept each, the newest first."""
    return (
        select(CriminalRecord, Staff)
        .join(Staff, col(Staff.id) == col(CriminalRecord.recorded_by))
        .where(col(CriminalRecord.check_id) == check_id)
        .order_by(col(CriminalRecord.at).desc(), col(CriminalRecord.id))
    )
