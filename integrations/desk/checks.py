"""Background checks at the provider: ordered once, looked at, and results taken from any direction."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from integrations.desk.hits import forget_judgement
from integrations.desk.jobs import enqueue_vetting
from integrations.desk.judging import judge
from integrations.desk.pending_checks import on_late_result
from integrations.keys import person_keys
from integrations.kit import Kit
from integrations.policies import vetting_policy
from integrations.store import history
from integrations.store.applications import gather
from models.errors import NotFound, OutcomeUnknown, Rejected, Unavailable
from models.facts import ApplicationFacts
from models.packet import Packet
from models.states import CHECK_MOVES, ApplicationState, CheckKind, CheckState
from models.tables.vetting import Application, BackgroundCheck
from vetting.checks import expiry, has_consent
from vetting.ports import CheckOrder, CheckReport, ProviderRef

ACTOR = "engine:checks"
_UNSENT = (CheckState.REQUIRED.value,)
# An order that ended in words that we do not know is looked at again too: the next word may be a known one.
_AWAITED = (CheckState.ORDERED.value, CheckState.PENDING.value, CheckState.ERROR.value)
_RESULTS = frozenset({CheckState.CLEAR, CheckState.HIT_REVIEW, CheckState.HIT_BAR, CheckState.UNREADABLE})
# Once looked at, a pending order is looked at again this often; the webhook is usually first. What has not
# come in two days rarely comes within hours: from then on it is looked at once a day.
LOOK_EVERY = timedelta(hours=6)
LOOK_DAILY_AFTER = timedelta(days=2)
# How long a worker may take over one request before another may think that it died.
IN_HAND = timedelta(minutes=2)


def order_checks(kit: Kit, application_id: UUID, *, now: datetime) -> int:
    """Every check that is required and due for a try stands at the provider. Returns how many were sent."""
    due = _due(kit, application_id, _UNSENT, now)
    facts = _facts(kit, application_id) if due else None
    return sum(_order(kit, check_id, facts, now=now) for check_id in due if facts is not None)


def look_at_checks(kit: Kit, application_id: UUID, *, now: datetime) -> int:
    """Every order that is due for a look has been looked at."""
    due = _due(kit, application_id, _AWAITED, now)
    facts = _facts(kit, application_id) if due else None
    return sum(_look(kit, check_id, facts, now=now) for check_id in due if facts is not None)


def _facts(kit: Kit, application_id: UUID) -> ApplicationFacts:
    with kit.transaction() as session:
        return gather(session, kit.vault, session.get_one(Application, application_id))


def due_checks(session: Session, *, now: datetime, limit: int = 500) -> list[UUID]:
    """The applications with a check that is due for a try or a look.

    Denied and withdrawn ones are not among them: nobody waits for their results, and 500 of them would
    hide all others. After a release a result is waited for as before.
    """
    return list(
        session.scalars(
            select(col(BackgroundCheck.application_id))
            .join(Application, col(Application.id) == col(BackgroundCheck.application_id))
            .where(
                col(BackgroundCheck.next_look_at) <= now,
                col(Application.state).not_in((ApplicationState.DENIED, ApplicationState.WITHDRAWN)),
                # What was not sent before the release is ordered no more.
                or_(
                    col(Application.state) != ApplicationState.RELEASED,
                    col(BackgroundCheck.state).in_(_AWAITED),
                ),
            )
            .distinct()
            .limit(limit)
        )
    )


def _due(kit: Kit, application_id: UUID, states: tuple[str, ...], now: datetime) -> list[UUID]:
    with kit.transaction() as session:
        return list(
            session.scalars(
                select(col(BackgroundCheck.id))
                .where(
                    col(BackgroundCheck.application_id) == application_id,
                    col(BackgroundCheck.state).in_(states),
                    col(BackgroundCheck.next_look_at) <= now,
                )
                .order_by(col(BackgroundCheck.subject), col(BackgroundCheck.kind))
            )
        )


def _locked(session: Session, check_id: UUID) -> BackgroundCheck:
    row = session.scalars(
        select(BackgroundCheck).where(col(BackgroundCheck.id) == check_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("check", str(check_id))
    return row


def _order(kit: Kit, check_id: UUID, facts: ApplicationFacts, *, now: datetime) -> int:
    """One order over the wire, under the check's own id: the provider keeps it once, however often asked."""
    with kit.transaction() as session:
        row = _locked(session, check_id)
        if row.state not in _UNSENT or row.next_look_at is None or row.next_look_at > now:
            return 0  # another worker has it in hand, or its result is in
        order = _order_of(kit, facts, row)
        # Another worker that comes by meanwhile leaves it alone.
        row.next_look_at = now + IN_HAND if order is not None else None
        row.tries += order is not None
        session.add(row)
        tries = row.tries
    if order is None:
        return 0
    key = str(check_id)
    try:
        ref = (kit.background.find(key) if tries > 1 else None) or kit.background.submit(order, key=key)
    except (Unavailable, OutcomeUnknown) as err:
        wait = err.retry_after_seconds or 60 * 2 ** min(tries, 8)
        _later(kit, check_id, now + timedelta(seconds=wait))
        return 0
    except Rejected as err:
        with kit.transaction() as session:
            row = _locked(session, check_id)
            if row.state in _UNSENT:
                row.provider_code, row.next_look_at = err.code or "rejected", None
                _move(session, row, CheckState.ERROR, why="the provider refused the order", now=now)
        return 0
    with kit.transaction() as session:
        row = _locked(session, check_id)
        row.ordered_at = row.ordered_at or now
        session.add(row)
        # The result's notice may have been quicker than the answer to our order.
        if row.state in _UNSENT:
            row.provider_ref, row.next_look_at = str(ref), now
            _move(session, row, CheckState.ORDERED, why="ordered", now=now)
    return 1


def _later(kit: Kit, check_id: UUID, at: datetime) -> None:
    """Asked again from then on, unless its result has come in meanwhile."""
    with kit.transaction() as session:
        row = _locked(session, check_id)
        if row.state in (*_UNSENT, *_AWAITED):
            row.next_look_at = at
            session.add(row)


def _order_of(kit: Kit, facts: ApplicationFacts, row: BackgroundCheck) -> CheckOrder | None:
    """The order; None when an amendment no longer names this person, or took back their authorization."""
    policy = vetting_policy(facts.policy_version)
    subjects = [s for s, key in person_keys(kit.vault, facts.packet).items() if key == row.person_key]
    if not any(has_consent(facts, policy, subject) for subject in subjects):
        return None
    person = _person(facts.packet, subjects[0])
    document = person.identity_document
    return CheckOrder(
        check_id=row.id,
        kind=CheckKind(row.kind),
        jurisdiction=row.jurisdiction,
        given_names=person.given_names,
        family_names=person.family_names,
        other_names=tuple(getattr(person, "other_names", ())),
        date_of_birth=person.date_of_birth,
        identity_number=document.number if document else None,
        prints_ref=None,
        callback_url=f"{kit.public_url}/webhooks/checks/{kit.background.name}",
    )


def _person(packet: Packet, subject: str) -> Any:
    if subject == "sponsor":
        return packet.sponsor
    if subject == "alternate_caregiver":
        return packet.alternate_caregiver
    return packet.household[int(subject.partition(":")[2])]


def _look(kit: Kit, check_id: UUID, facts: ApplicationFacts, *, now: datetime) -> int:
    with kit.transaction() as session:
        row = _locked(session, check_id)
        is_due = row.next_look_at is not None and row.next_look_at <= now
        if row.state not in _AWAITED or row.provider_ref is None or not is_due:
            return 0
        ref, ordered_at = ProviderRef(row.provider_ref), row.ordered_at
        row.next_look_at = now + IN_HAND
        session.add(row)
    try:
        report = kit.background.read(ref)
    except (Unavailable, OutcomeUnknown) as err:
        _later(kit, check_id, now + timedelta(seconds=err.retry_after_seconds or 300))
        return 0
    except Rejected:
        _later(kit, check_id, _next_look(ordered_at, now))
        return 0
    with kit.transaction() as session:
        row = _locked(session, check_id)
        if not _take(kit, session, row, report, facts, now=now):
            return 0
        application = session.get_one(Application, row.application_id)
        released = application.state == ApplicationState.RELEASED
        if released:
            # No step of vetting follows that would see it.
            _on_result(session, application, row, now=now)
    if released:
        judge(kit, "background_checks", application.id, now=now)
    return 1


def _next_look(ordered_at: datetime | None, now: datetime) -> datetime:
    is_old = ordered_at is not None and now - ordered_at >= LOOK_DAILY_AFTER
    return now + (timedelta(days=1) if is_old else LOOK_EVERY)


def take_result(kit: Kit, notice: Any, *, now: datetime) -> None:
    """A signed result notice (`ResultNotice`) is taken; doubled and out-of-order ones change nothing.

    Raises:
        NotFound: we have no such check.
    """
    with kit.transaction() as session:
        row = _locked(session, notice.check_id)
        if row.provider_ref is not None and str(notice.report.ref) != row.provider_ref:
            return  # the word of another order
        application = session.get_one(Application, row.application_id)
        facts = gather(session, kit.vault, application)
        if not _take(kit, session, row, notice.report, facts, now=now):
            return
        _on_result(session, application, row, now=now)
        released = application.state == ApplicationState.RELEASED
    if released:
        judge(kit, "background_checks", application.id, now=now)


def _on_result(session: Session, application: Application, row: BackgroundCheck, *, now: datetime) -> None:
    if application.state == ApplicationState.RELEASED:
        on_late_result(session, row, application.case_id, actor=ACTOR, now=now)
    else:
        enqueue_vetting(session, application.id, now=now)


def _take(
    kit: Kit,
    session: Session,
    row: BackgroundCheck,
    report: CheckReport,
    facts: ApplicationFacts,
    *,
    now: datetime,
) -> bool:
    """The report has its effect. False for an older word, one that we have, or one that can't follow."""
    as_of = report.as_of or report.received_at or now
    if row.as_of is not None and as_of < row.as_of:
        return False
    session.add(row)
    state = CheckState(report.state)
    if row.state in _UNSENT:
        # The notice was quicker than the answer to our order: then the order stands there.
        row.provider_ref, row.ordered_at = str(report.ref), row.ordered_at or now
        _move(session, row, CheckState.ORDERED, why="the provider has the order", now=now)
    frm = CheckState(row.state)
    row.next_look_at = _next_look(row.ordered_at, now) if state.value in _AWAITED else None
    if state != frm and state not in CHECK_MOVES[frm]:
        row.next_look_at = _next_look(row.ordered_at, now) if frm.value in _AWAITED else None
        return False
    row.as_of, row.provider_code = as_of, report.provider_code
    row.provider_ref = row.provider_ref or str(report.ref)
    if state in _RESULTS and state != frm:
        row.result_at = min(report.received_at or now, now).astimezone(UTC)
        row.expires_on = _expiry(kit, facts, row, report, now)
    if state is CheckState.HIT_BAR and state != frm:
        forget_judgement(row)
    return _move(session, row, state, why=f"provider: {report.provider_code}", now=now)


def _expiry(
    kit: Kit, facts: ApplicationFacts, row: BackgroundCheck, report: CheckReport, now: datetime
) -> date:
    policy = vetting_policy(facts.policy_version)
    # Where the person stands in the packet now; an amendment may have moved them.
    subjects = [s for s, key in person_keys(kit.vault, facts.packet).items() if key == row.person_key]
    at = row.result_at or row.as_of or now
    ours = min(expiry(CheckKind(row.kind), s, at, policy, facts) for s in subjects or [row.subject])
    return min(ours, report.valid_until) if report.valid_until else ours


def _move(session: Session, row: BackgroundCheck, to: CheckState, *, why: str, now: datetime) -> bool:
    session.add(row)
    return history.move(session, row, to, CHECK_MOVES, actor=ACTOR, why=why, now=now)
