"""What casts doubt on where a child is: a letter that came back, or that nobody knows."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID

from sqlmodel import Session

from followup.calendar import local_day, local_instant
from followup.new_home import COURT_FORM, VERIFY, on_unknown
from integrations.desk.addresses import end_current, followed_case
from integrations.desk.duties import DOERS, open_followup, review_duty
from integrations.desk.escalations import open_escalation, policy_of
from integrations.desk.moves import Told, report_move
from integrations.desk.sight import keep_in_sight, open_lost_review
from integrations.kit import Kit
from integrations.store import history, ledger
from integrations.store.cases import followed_application
from integrations.store.contacts import zones_of
from integrations.store.sealing import seal_json
from integrations.store.staff import record_act, require_role
from integrations.store.whereabouts import current_home
from models.errors import BadInput, Problem, Refused
from models.facts import Person
from models.tables.base import Sealed
from models.tables.people import LOCATION_UNKNOWN, Address, Case

_NOON = time(12)


def mail_returned(kit: Kit, case_key: str, person: Person, *, on: date, now: datetime) -> UUID:
    """A letter to the current address came back on that day: it can't be relied on, and somebody finds out.

    Raises:
        BadInput: a day to come. Refused: there is no address that a letter could go to.
    """
    with kit.transaction() as session:
        case = followed_case(session, case_key)
        home = current_home(session, case.id)
        if home is None or home.state == LOCATION_UNKNOWN:
            raise Refused("location_unknown", "no address is on file that a letter could come back from")
        record_act(session, case.id, person, require_role(person, *DOERS), now=now)
        zone = zones_of(case)[0]
        if on > local_day(now, zone):
            raise BadInput(Problem("--on", "in_the_future", "That day lies ahead.", "Give the day it came."))
        if on < local_day(home.since_at, zone):
            raise BadInput(
                Problem("--on", "before_the_home", "They did not live there yet then.", "Check the day.")
            )
        home.returned_at = min(now, local_instant(on, _NOON, zone))
        session.add(home)
        actor, why = str(person.id), "a letter came back"
        history.record(session, home, old=home.state, new="letter returned", actor=actor, why=why, now=now)
        told = Told("returned", actor, why)
        report_move(session, case, told, key=f"letter-{str(home.id)[:8]}", kinds=(VERIFY,), now=now)
        return case.id


def lose_location(kit: Kit, case_key: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """A person says that nobody knows where the child is: the home ends, and a rung owns it at once.

    Raises:
        Refused: it was known already that nobody knows.
    """
    if not reason.strip():
        raise BadInput(Problem("--reason", "missing", "Say how you know.", "Add --reason TEXT."))
    with kit.transaction() as session:
        case = followed_case(session, case_key)
        record_act(session, case.id, person, require_role(person, *DOERS), now=now)
        actor = str(person.id)
        if not location_lost(session, kit, case, source="staff", actor=actor, why=reason, now=now):
            raise Refused("unknown_already", "it is on record already that nobody knows where this child is")
        keep_in_sight(kit, session, case, actor=actor, now=now)
        return case.id


def location_lost(
    session: Session, kit: Kit, case: Case, *, source: str, actor: str, why: str, now: datetime
) -> bool:
    """From now on nobody knows where the child is. False when that stood on record, and its alarm too."""
    home = current_home(session, case.id)
    is_new = home is None or home.state != LOCATION_UNKNOWN
    application_id = followed_application(session, case.id)
    if is_new and application_id is not None:
        old = end_current(session, application_id, now)
        zone = case.zone or (old.zone if old is not None else zones_of(case)[0])
        row = Address(
            case_id=case.id,
            application_id=application_id,
            sealed_details=Sealed(b""),
            zone=zone,
            state=LOCATION_UNKNOWN,
            source=source,
            since_at=now,
            recorded_at=now,
        )
        seal_json(kit.vault, row, "sealed_details", {})
        session.add(row)
        session.flush()
        history.record(session, row, old=None, new="location unknown", actor=actor, why=why, now=now)
    policy = policy_of(case)
    rule, level, kinds = on_unknown(policy)
    opened = open_escalation(
        session, case, reason="location_unknown", rule=rule, level=level, actor=actor, now=now
    )
    key = f"unknown-{now.date().isoformat()}"
    duties = [review_duty(policy, kind, key=key, now=now) for kind in kinds]
    open_followup(session, case, duties, actor=actor, why=why, now=now)
    _look_for(session, case, actor=actor, now=now)
    return (is_new and home is not None) or opened is not None


def _look_for(session: Session, case: Case, *, actor: str, now: datetime) -> None:
    """The child is looked for where nothing else keeps it in sight; and in place of verifying a home that is none."""
    why = "nobody knows where the child is"
    homeless = ledger.open_of(session, case.id, kind=VERIFY)
    # Of the form for a home that was on file, its filing is still owed.
    homeless += [
        form for form in ledger.open_of(session, case.id, kind=COURT_FORM) if "address" not in form.detail
    ]
    if homeless or not ledger.open_of(session, case.id, in_sight=True):
        review = open_lost_review(session, case, actor=actor, why=why, now=now)
        ledger.void_all_for(session, [(duty, review) for duty in homeless], actor=actor, why=why, now=now)
