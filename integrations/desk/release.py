"""The release: past the gate, and with the whole follow-up plan, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from followup import court
from followup.calendar import eighteenth_birthday
from followup.plan import release_plan
from followup.prs import first_level, prs_due
from followup.roster import CONFIRM_RELEASE
from integrations.desk.duties import open_followup
from integrations.desk.pending_checks import lock_orders_out, open_at_release
from integrations.desk.release_papers import make_papers
from integrations.kit import Kit
from integrations.policies import followup_policy, vetting_policy
from integrations.store import history, ledger
from integrations.store.applications import current_address, find_application, gather
from integrations.store.cases import lock_case
from integrations.store.contacts import consents
from integrations.store.policy_acts import followup_version_for
from integrations.store.staff import record_act
from integrations.store.stages import move_stage
from integrations.store.whereabouts import sign_at_release
from integrations.zones import FALLBACK
from models.court import COMING
from models.court_status import CourtStatus
from models.errors import BadInput, Problem, Refused
from models.facts import ApplicationFacts, Duty, Person, ReleaseFacts
from models.followup_policy import FollowupPolicy
from models.states import (
    APPLICATION_MOVES,
    CASE_MOVES,
    ApplicationState,
    CaseState,
    DecisionValue,
    Party,
    PrsLevel,
    Stage,
)
from models.tables.ledger import Hearing
from models.tables.people import Case, PhoneNumber
from models.tables.vetting import Application, Release
from vetting.completeness import requirements
from vetting.decision import may_release
from vetting.home_study import prs_required


def release(kit: Kit, key: str, person: Person, *, on: date, now: datetime) -> UUID:
    """The child is released to this sponsor, and followed from this instant. Returns the application.

    Raises:
        Refused: the gate is closed (with what is missing), or the person may not.
    """
    try:
        with kit.transaction() as session:
            return _release(kit, session, key, person, on=on, now=now)
    except IntegrityError as err:
        if "release" in str(err.orig):
            raise Refused("already_released", "this child has been released already") from None
        raise


def _release(kit: Kit, session: Session, key: str, person: Person, *, on: date, now: datetime) -> UUID:
    # The case before its rows, as everywhere: two releases of one child wait for each other here.
    case = lock_case(session, find_application(session, key).case_id)
    application = find_application(session, key, lock=True)
    if case.released_at is not None:
        raise Refused("already_released", "this child has been released already")
    lock_orders_out(session, application.id)
    facts = gather(session, kit.vault, application)
    policy = vetting_policy(application.policy_version)
    required = requirements(facts, policy, now)
    role = may_release(facts, person, required, policy, now)
    record_act(session, case.id, person, role, now=now)
    zone = current_address(session, application.id).zone
    released_at = _released_at(on, zone, facts, now)
    row = Release(
        application_id=application.id,
        case_id=case.id,
        released_on=on,
        prs=facts.decision is not None and facts.decision.value == DecisionValue.APPROVE_WITH_PRS,
        released_by=person.id,
        at=now,
    )
    session.add(row)
    session.flush()
    history.move(
        session,
        application,
        ApplicationState.RELEASED,
        APPLICATION_MOVES,
        actor=str(person.id),
        why="released to the sponsor",
        now=now,
    )
    move_stage(
        session, application, Stage.COMPLETED, actor=str(person.id), why="released to the sponsor", now=now
    )
    sign_at_release(session, application.id, facts)
    make_papers(session, kit, row, facts, policy, person, now=now)
    followed_under = followup_policy(followup_version_for(session, kit.settings, now.date()))
    _begin_followup(
        session, case, application, facts, person, released_at, zone, policy=followed_under, now=now
    )
    out = open_at_release(
        session, case, facts, policy, released_at=released_at, actor=str(person.id), now=now
    )
    _end_duties(session, application, row, person, out, now=now)
    history.audit(
        session, actor=str(person.id), act="release", noun="application", ids=[application.id], now=now
    )
    return application.id


def _released_at(on: date, zone: str, facts: ApplicationFacts, now: datetime) -> datetime:
    """Noon of that day where the sponsor lives, or now when that is earlier.

    Raises:
        BadInput: a day to come, or one before the decision.
    """
    here = ZoneInfo(zone)
    # Whoever writes it down may sit further east, where the next day has begun.
    if on > max(now.astimezone(here).date(), now.astimezone(UTC).date()):
        raise BadInput(
            Problem("--on", "in_the_future", "A release can't be recorded ahead.", "Record it on its day.")
        )
    if facts.decision is not None and on < facts.decision.at.astimezone(here).date():
        raise BadInput(
            Problem(
                "--on",
                "before_the_decision",
                "The child can't have been released before the decision.",
                "Check the date.",
            )
        )
    noon = datetime.combine(on, time(12), here).astimezone(UTC)
    return min(noon, now)


def _begin_followup(
    session: Session,
    case: Case,
    application: Application,
    facts: ApplicationFacts,
    person: Person,
    released_at: datetime,
    zone: str,
    *,
    policy: FollowupPolicy,
    now: datetime,
) -> None:
    case.followup_policy, case.zone = policy.version, zone
    case.released_at = case.last_contact_at = released_at
    case.max_silence_days = policy.silence.max_silence_days
    case.prs_level, case.prs_since = _services(facts, policy, now).value, released_at
    history.move(
        session,
        case,
        CaseState.IN_FOLLOW_UP,
        CASE_MOVES,
        actor=str(person.id),
        why=f"released; followed under {policy.version}",
        now=now,
    )
    release_facts = facts_for_plan(session, case, application.id, facts.packet.child.date_of_birth)
    duties = [*release_plan(release_facts, policy), *prs_due(release_facts, policy)]
    duties += _court_duties(session, case, release_facts, policy, now)
    open_followup(session, case, duties, actor=str(person.id), why="planned at the release", now=now)


def _services(facts: ApplicationFacts, policy: FollowupPolicy, now: datetime) -> PrsLevel:
    """The level on which this child's post-release services begin."""
    decided = facts.decision is not None and facts.decision.value == DecisionValue.APPROVE_WITH_PRS
    return first_level(
        policy,
        tvpra_home_study=prs_required(facts, vetting_policy(facts.policy_version), now),
        approved_with_prs=decided,
    )


def facts_for_plan(session: Session, case: Case, application_id: UUID | None, born_on: date) -> ReleaseFacts:
    """What the plan of a released case is made from. Without an application nobody's number is known."""
    numbers = session.scalars(
        select(PhoneNumber).where(
            col(PhoneNumber.application_id) == application_id,
            col(PhoneNumber.role) == "party",
            col(PhoneNumber.retired_at).is_(None),
        )
    ).all()
    given = consents(session, [number.id for number in numbers])
    own = [n for n in numbers if n.party == Party.CHILD and n.usable]
    return ReleaseFacts(
        case_id=case.id,
        released_at=case.released_at or case.created_at,
        turns_18_on=eighteenth_birthday(born_on),
        zone=case.zone or FALLBACK,
        child_has_number=bool(own),
        text_consent=frozenset(
            Party(n.party) for n in numbers if given.get(n.id) and not n.shared and n.usable and n.textable
        ),
        prs_level=PrsLevel(case.prs_level or PrsLevel.ONE),
        prs_since=case.prs_since,
    )


def _court_duties(
    session: Session, case: Case, facts: ReleaseFacts, policy: FollowupPolicy, now: datetime
) -> list[Duty]:
    """Reminders and outcomes of the hearings that are known, and the first look at the court's own word."""
    hearings = session.scalars(
        select(Hearing)
        .where(
            col(Hearing.case_id) == case.id,
            col(Hearing.state).in_(COMING),
            col(Hearing.starts_at) > now,
        )
        .order_by(col(Hearing.starts_at), col(Hearing.id))
    ).all()
    ahead = None
    if hearings:
        first = hearings[0]
        ahead = court.HearingAhead(first.id, first.starts_at, facts.released_at)
        case.court_status = CourtStatus.DATED.value
    case.court_since = facts.released_at
    duties = [court.lookup_duty(facts.zone, policy, now, ahead=ahead)]
    for hearing in hearings:
        duties += court.hearing_duties(
            hearing.id, hearing.starts_at, facts.zone, facts.text_consent, policy, now
        )
    return duties


def _end_duties(
    session: Session,
    application: Application,
    row: Release,
    person: Person,
    out: Mapping[str, UUID],
    *,
    now: datetime,
) -> None:
    """The release settles them, but for results that are still out: those go on in the follow-up."""
    evidence = ledger.add_evidence(
        session,
        case_id=application.case_id,
        kind="release",
        row_id=row.id,
        actor=str(person.id),
        now=now,
    )
    # In here: what resolves escalations asks for the plan, which is made above.
    from integrations.desk.escalations import resolve_settled

    ended = ledger.open_of(session, application.case_id, side="vetting", application_id=application.id)
    # The official list had said so before.
    ended += ledger.open_of(session, application.case_id, kind=CONFIRM_RELEASE)
    for duty in ended:
        goes_on = out.get(duty.key.rpartition("#")[0]) if duty.kind == "record_check" else None
        if goes_on is not None:
            why = "released while its result is still out"
            ledger.void_for(session, duty, goes_on, actor=str(person.id), why=why, now=now)
            continue
        ledger.settle(session, duty, evidence, actor=str(person.id), why="released", now=now)
        resolve_settled(session, duty, evidence, by=person.id, now=now)
