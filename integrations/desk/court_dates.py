"""A hearing that a person has learned of: new, or at another time than we knew. The family is told, as when a list says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from sqlmodel import Session

from followup.hearings import change_of
from integrations.court_list import named_court
from integrations.desk.hearing_changes import ChangedHearing, apply_changes
from integrations.kit import Kit
from integrations.store.cases import find_case
from integrations.store.hearings import hearings_of
from integrations.zones import FALLBACK
from models.court import SAID, HearingChange, HearingKind, HearingSaid
from models.tables.ledger import Hearing
from models.tables.people import Case

_WHY = "somebody learned of it"


@dataclass(frozen=True, slots=True)
class NamedHearing:
    """A hearing as somebody names it. `key`: the court's or our own key of it; with the court it tells it from others."""

    starts_at: datetime
    court: str
    key: str
    kind: HearingKind = "other"


def clock_of(kit: Kit, case_key: str, court: str) -> str:
    """The zone by whose clock a hearing at this court is told: the court's own, or where nobody knows it the family's.

    Raises:
        NotFound: no such case.
    """
    _, zone = named_court(court)
    if zone is not None:
        return zone
    with kit.transaction() as session:
        return find_case(session, case_key).zone or FALLBACK


def said_key(starts_at: datetime) -> str:
    """A key of our own for a hearing that somebody told us of without the court's."""
    return f"said-{starts_at.astimezone(UTC):%Y%m%dT%H%MZ}"


def know_hearing(session: Session, case: Case, named: NamedHearing, *, actor: str, now: datetime) -> Hearing:
    """The hearing is on file at this time, and its reminders and the duty to record its outcome stand open.

    What was planned for another time of it is void, each duty with the one in its place, and the family is told. The
    case is locked.
    """
    session.flush()
    name, zone = named_court(named.court)
    said = HearingSaid(
        court=name, hearing_key=named.key, starts_at=named.starts_at, kind=named.kind, zone=zone
    )
    found = hearings_of(session, [case.id]).meant(case.id, said, by_a_list=False)
    hearing_id, known = found or (uuid4(), None)
    change = change_of(known, said)
    if change not in (HearingChange.SAME, HearingChange.UPDATED):
        one = ChangedHearing(
            id=hearing_id,
            case_id=case.id,
            case_state=case.state,
            zone=case.zone,
            policy=case.followup_policy,
            row=said,
            known=known,
            change=change,
            because=_WHY,
        )
        apply_changes(session, [one], source=SAID, actor=actor, now=now)
    return session.get_one(Hearing, hearing_id, populate_existing=True)
