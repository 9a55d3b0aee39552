"""What named people do with background checks: write down a result on paper, let one be out at the release."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from uuid import UUID

from sqlmodel import Session

from integrations.desk.acting import Act, want_reason
from integrations.desk.evidence import keep_legible
from integrations.desk.hits import add_record, forget_judgement
from integrations.desk.naming import Place, find_check_out, find_check_place
from integrations.desk.pending_checks import on_late_result
from integrations.keys import person_keys
from integrations.kit import Kit
from integrations.store import history
from integrations.store.applications import find_application
from integrations.store.cases import lock_case
from integrations.store.staff import require_role
from models.errors import BadInput, Problem, Refused
from models.facts import CheckFacts, Person
from models.states import CHECK_MOVES, ApplicationState, CheckKind, CheckState, Role
from models.tables.checks import PendingAllowance
from models.tables.vetting import BackgroundCheck
from vetting import acts, checks

ON_PAPER = "paper"
_RESULTS = (CheckState.CLEAR, CheckState.HIT_REVIEW, CheckState.HIT_BAR)
# After a release a result is waited for as before.
_NOTHING_AWAITED = frozenset({ApplicationState.DENIED, ApplicationState.WITHDRAWN})
# Of these, another result is another order: an answer is never un-said.
_ENDED = frozenset({CheckState.CLEAR, CheckState.UNREADABLE, CheckState.EXPIRED})


def allow_pending(kit: Kit, key: str, check: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """The authority that the policy's line names signs off that this order may be out at the release.

    Raises:
        BadInput: no such order, no reason.
        Refused: no line lets it, statute asks for it, wrong role, or it is not out.
    """
    want_reason(reason)
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        named = find_check_out(act.facts, check)
        role, line = acts.may_allow_pending(act.facts, act.policy, person, named, reason, now)
        row = PendingAllowance(
            application_id=act.application.id,
            check_id=named.id,
            policy_version=act.policy.version,
            rule=line.rule,
            role=role.value,
            reason=reason,
            allowed_by=person.id,
            at=now,
        )
        session.add(row)
        session.flush()
        history.record(session, row, old=None, new="allowed", actor=act.actor, why=reason, now=now)
        return act.done(role, f"allow pending {named.kind}", judge="background_checks")


def record_result(
    kit: Kit,
    key: str,
    check: str,
    person: Person,
    *,
    result: str,
    on: date,
    evidence: tuple[str, bytes],
    reason: str,
    now: datetime,
) -> UUID:
    """A result that a registry gave on paper, of that day, stands in the file under this person's name.

    `evidence`: name and content of the paper. That of a hit is a raw record, and is kept as one.

    Raises:
        BadInput: no such check or result, a day to come, no reason, no readable scan or PDF.
        Refused: wrong role, no authorization in hand, or a hit, which two people judge.
    """
    state = _result(result)
    want_reason(reason)
    if on > now.astimezone(UTC).date():
        raise BadInput(
            Problem("--on", "in_the_future", "A result can't be of a day to come.", "Give the letter's date.")
        )
    with kit.transaction() as session:
        # The case before its rows, as everywhere: a late result settles a duty.
        lock_case(session, find_application(session, key).case_id)
        act = Act(kit, session, key, person, now)
        role = require_role(person, Role.CASE_MANAGER)
        if act.facts.state in _NOTHING_AWAITED:
            raise Refused("out_of_order", f"This application is {act.facts.state}; nothing more is recorded.")
        required = checks.required_checks(act.facts, act.policy, now)
        place = find_check_place(act.facts, required, check)
        row = _row_for(act, session, place, state)
        _keep_paper(act, row, state, evidence)
        _write(act, row, place, state, on=on, reason=reason)
        if act.facts.state is ApplicationState.RELEASED:
            case_id = act.application.case_id
            on_late_result(session, row, case_id, actor=act.actor, by=person.id, now=now)
        return act.done(role, f"record {row.kind}", judge="background_checks")


def _result(result: str) -> CheckState:
    known = {state.value: state for state in _RESULTS}
    if result not in known:
        raise BadInput(
            Problem("--result", "wrong_value", "This is not a result.", f"Use one of: {', '.join(known)}.")
        )
    return known[result]


def _row_for(act: Act, session: Session, place: Place, state: CheckState) -> BackgroundCheck:
    """The order that this result belongs to: the one that waits for it, else a new one."""
    latest = max(
        (c for c in act.facts.checks if (c.subject, str(c.kind), c.jurisdiction) == place),
        key=lambda c: c.attempt,
        default=None,
    )
    if latest is not None and state in CHECK_MOVES[latest.state]:
        return session.get_one(BackgroundCheck, latest.id, with_for_update=True)
    if latest is not None and latest.state not in _ENDED:
        raise Refused(
            "not_reviewable",
            "There is a hit on this check; two people judge it.",
            ["kinline check adjudicate"],
        )
    return _new_row(act, session, place, latest)


def _new_row(act: Act, session: Session, place: Place, latest: CheckFacts | None) -> BackgroundCheck:
    subject, kind, jurisdiction = place
    if not checks.has_consent(act.facts, act.policy, subject):
        raise Refused(
            "consent_missing",
            "No check of this person may be used before their signed authorization is in the file.",
            [f"document release_authorization@{subject}"],
        )
    asked = checks.required_checks(act.facts, act.policy, act.now)
    rules = [r.rule.rule for r in asked if r.subject == subject and kind in (r.rule.item, r.rule.fallback)]
    row = BackgroundCheck(
        application_id=act.application.id,
        subject=subject,
        person_key=person_keys(act.kit.vault, act.facts.packet)[subject],
        kind=kind,
        jurisdiction=jurisdiction,
        attempt=latest.attempt + 1 if latest else 1,
        rule=rules[0] if rules else "unasked",
        provider=ON_PAPER,
    )
    session.add(row)
    session.flush()
    history.record(
        session, row, old=None, new=row.state, actor=act.actor, why="a result on paper", now=act.now
    )
    return row


def _keep_paper(act: Act, row: BackgroundCheck, state: CheckState, evidence: tuple[str, bytes]) -> None:
    if state is not CheckState.CLEAR:
        add_record(act, row, evidence, option="--evidence")
        return
    name, content = evidence
    row.evidence_file_id = keep_legible(act, content, option="--evidence", filename=name)


def _write(act: Act, row: BackgroundCheck, place: Place, state: CheckState, *, on: date, reason: str) -> None:
    at = min(datetime.combine(on, time(12), UTC), act.now)
    row.result_at, row.as_of = at, act.now
    row.ordered_at = row.ordered_at or at
    row.provider_code, row.next_look_at = f"{ON_PAPER}:{state.value}", None
    row.expires_on = checks.expiry(CheckKind(place[1]), place[0], at, act.policy, act.facts)
    if state is CheckState.HIT_BAR:
        forget_judgement(row)
    history.move(act.session, row, state, CHECK_MOVES, actor=act.actor, why=reason, now=act.now)
    act.session.flush()
