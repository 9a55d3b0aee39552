"""A child's case in court: its status with its age, looks at the court's own word, and that the next look stands open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from followup import court
from followup.court import HearingAhead
from followup.policy import review_of
from integrations.desk.court_dates import NamedHearing, know_hearing
from integrations.desk.duties import DOERS, open_followup, owned_until
from integrations.desk.escalations import open_escalation, policy_of, resolve_settled
from integrations.desk.sight import keep_in_sight
from integrations.kit import Kit
from integrations.store import history, ledger
from integrations.store.cases import find_case
from integrations.store.court import hearing_ahead, last_passed_at, standing_of
from integrations.store.sealing import seal_json
from integrations.store.staff import record_act, require_role
from integrations.zones import FALLBACK
from models.court_status import WITHOUT_A_DATE, CourtSource, CourtStatus, Standing
from models.errors import BadInput, Problem, Refused
from models.facts import Duty, Person
from models.states import FOLLOWED
from models.tables.court import CourtLook
from models.tables.ledger import Obligation
from models.tables.people import Case

LOOKUP = "court_lookup"
ORDERED = "ordered_removed"
_WHY_NEXT = "the next look at the court's own word"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the court said. `said`: in its own words, sealed. `ordered_on`: the day of an order."""

    status: CourtStatus
    source: CourtSource
    said: str | None = None
    names: NamedHearing | None = None
    ordered_on: date | None = None


def record_look(kit: Kit, case_key: str, look: Look, person: Person, *, now: datetime) -> UUID:
    """A person has looked, and this is what it said. Returns the case.

    Raises:
        BadInput: the look contradicts itself; nothing was stored. Refused: wrong role, or the case is not followed.
    """
    _want_sense(look, now)
    with kit.transaction() as session:
        case = find_case(session, case_key, lock=True)
        role = require_role(person, *DOERS)
        if case.state not in FOLLOWED:
            raise Refused("not_in_follow_up", f"this case is {case.state}; nobody looks up its court date")
        record_act(session, case.id, person, role, now=now)
        take_look(kit, session, case, look, by=person.id, actor=str(person.id), now=now)
        keep_in_sight(kit, session, case, actor=str(person.id), now=now)
        return case.id


def _want_sense(look: Look, now: datetime) -> None:
    if look.names is not None and look.status != CourtStatus.DATED:
        raise BadInput(_problem("--status", "A look that names a hearing says dated.", "Use --status dated."))
    if look.names is not None and look.names.starts_at <= now:
        raise BadInput(
            _problem(
                "--next-hearing",
                "The next hearing lies ahead.",
                "Of one that has been, say what came of it: kinline hearing outcome.",
            )
        )
    if look.ordered_on is not None and look.status != CourtStatus.ORDERED_REMOVED:
        raise BadInput(
            _problem("--ordered-on", "There is no order to date.", "Use --status ordered_removed.")
        )
    if look.ordered_on is not None and look.ordered_on > now.date():
        raise BadInput(_problem("--ordered-on", "The order can't be made yet.", "Check the date."))


def _problem(field: str, message: str, remedy: str) -> Problem:
    return Problem(field, "wrong_value", message, remedy)


def take_look(
    kit: Kit, session: Session, case: Case, look: Look, *, by: UUID | None, actor: str, now: datetime
) -> UUID:
    """The look is on record: it settles the duty to look that had begun, sets the status and opens the next look.

    The case is locked. `by`: None for the court's own list (`source` feed). Returns the look.

    Raises:
        BadInput: it says that there is a date, and nobody knows which.
    """
    hearing = None
    if look.names is not None:
        hearing = know_hearing(session, case, look.names, actor=actor, now=now)
    ahead = hearing_ahead(session, case, now)
    if look.status == CourtStatus.DATED and ahead is None:
        raise BadInput(
            _problem(
                "--next-hearing",
                "A date is known, and we know of no hearing ahead.",
                "Add --next-hearing TIME --court NAME --hearing-key KEY.",
            )
        )
    begun = [d for d in ledger.open_of(session, case.id, kind=LOOKUP) if d.opens_at <= now]
    row = CourtLook(
        case_id=case.id,
        status=look.status.value,
        source=look.source.value,
        said_next_at=hearing.starts_at if hearing else None,
        hearing_id=hearing.id if hearing else None,
        ordered_on=look.ordered_on,
        obligation_id=begun[0].id if begun else None,
        by_staff=by,
        actor=actor,
        at=now,
    )
    if look.said:
        seal_json(kit.vault, row, "sealed_said", {"said": look.said})
    session.add(row)
    session.flush()
    _settle(session, begun, row, by, actor, now)
    was = case.court_status
    set_status(session, case, Standing(look.status, now), actor=actor, why=f"looked: {look.source}", now=now)
    says_otherwise = look.status in WITHOUT_A_DATE and ahead is not None
    keep_looking(session, case, ahead, contradicted=says_otherwise, actor=actor, now=now)
    if look.status == CourtStatus.ORDERED_REMOVED and was != look.status.value:
        _ordered(session, case, actor, now)
    return row.id


def _settle(
    session: Session,
    begun: Sequence[Obligation],
    row: CourtLook,
    by: UUID | None,
    actor: str,
    now: datetime,
) -> None:
    if not begun:
        return
    evidence = ledger.add_evidence(
        session,
        case_id=row.case_id,
        # A review is a person's; the court's own list is the court's word.
        kind="hearing" if by is None else "review",
        row_id=row.id,
        by_staff=by,
        actor=actor,
        now=now,
    )
    for duty in begun:
        ledger.settle(session, duty, evidence, actor=actor, why=f"looked: {row.status}", now=now)
        if by is not None:
            resolve_settled(session, duty, evidence, by=by, now=now)


def _ordered(session: Session, case: Case, actor: str, now: datetime) -> None:
    """Somebody owns it at once: the time in which an order can be undone runs."""
    line = review_of(policy_of(case), "missed_hearing")
    open_escalation(
        session,
        case,
        reason=ORDERED,
        rule=line.rule,
        key=now.date().isoformat(),
        queue=line.queue,
        actor=actor,
        now=now,
    )


def set_status(
    session: Session, case: Case, standing: Standing, *, actor: str, why: str, now: datetime
) -> bool:
    """The case stands so in court, and history says since when and why. A status that stays keeps its age."""
    if case.court_status == standing.status.value and case.court_since is not None:
        return False
    history.record(
        session,
        case,
        old=f"court {case.court_status}",
        new=f"court {standing.status.value}",
        actor=actor,
        why=why,
        now=now,
    )
    case.court_status, case.court_since = standing.status.value, standing.since or now
    session.add(case)
    return True


def hearings_changed(session: Session, case: Case, *, actor: str, why: str, now: datetime) -> None:
    """After a hearing was added, moved, cancelled or held: the status follows, and so does the next look.

    For whoever changes hearings by another way than a look. The case is locked and followed.
    """
    ahead = hearing_ahead(session, case, now)
    old = standing_of(case)
    new = court.standing_now(old, ahead, last_passed_at(session, case.id, now))
    if new != old:
        set_status(session, case, new, actor=actor, why=why, now=now)
    keep_looking(session, case, ahead, actor=actor, now=now)


def keep_looking(
    session: Session,
    case: Case,
    ahead: HearingAhead | None,
    *,
    contradicted: bool = False,
    actor: str,
    now: datetime,
) -> None:
    """A look stands open, planned by the next hearing. One that is late stays until somebody has looked."""
    session.flush()
    standing = ledger.open_of(session, case.id, kind=LOOKUP)
    duty = _planned_look(case, ahead, now, contradicted=contradicted)
    if not standing:
        open_followup(session, case, [duty], actor=actor, why=_WHY_NEXT, now=now)
    elif _is_out_of_plan(standing[0], ahead, duty, now):
        row = _look_row(case, duty, now)
        ledger.replace(session, [(standing[0], row)], actor=actor, why="the court date changed", now=now)


def _planned_look(
    case: Case, ahead: HearingAhead | None, now: datetime, *, contradicted: bool = False
) -> Duty:
    zone = case.zone or FALLBACK
    return court.lookup_duty(zone, policy_of(case), now, ahead=ahead, contradicted=contradicted)


def _look_row(case: Case, duty: Duty, now: datetime) -> Obligation:
    return ledger.duty_row(case.id, replace(duty), owned_until=owned_until(case, duty, now), now=now)


def _is_out_of_plan(standing: Obligation, ahead: HearingAhead | None, duty: Duty, now: datetime) -> bool:
    """It looks for another hearing than the next one, or comes later than without a date."""
    if standing.due_at <= now or court.DOUBT in standing.detail:
        return False
    if ahead is None:
        return standing.due_at > duty.due_at
    return not court.is_planned_by(standing.detail, ahead)
