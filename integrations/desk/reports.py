"""Reports outside: a duty to report ends with who told whom, when, and the recipient's reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from followup.new_home import COURT_FORM
from followup.policy import in_force
from integrations.desk.duties import DOERS
from integrations.desk.escalations import policy_of, resolve_settled
from integrations.kit import Kit
from integrations.policies import pinned_followup_policy
from integrations.store import history, ledger
from integrations.store.cases import lock_row
from integrations.store.sealing import seal_json
from integrations.store.staff import record_act, require_role
from models.errors import BadInput, Problem, Refused
from models.facts import Person
from models.followup_policy import FollowupPolicy
from models.reports import METHODS, REPORT_DUTIES, Recipient
from models.states import ObligationState
from models.tables.base import Sealed
from models.tables.ledger import Evidence, Obligation
from models.tables.papers import Disclosure
from models.tables.people import Case
from models.tables.reports import Report


@dataclass(frozen=True, slots=True)
class Told:
    """What a person says of the report that they made. `who`: the person at the recipient's who took it."""

    who: str
    reference: str
    method: str
    at: datetime
    to: Recipient | None = None


def file_report(kit: Kit, obligation_id: UUID, person: Person, told: Told, *, now: datetime) -> UUID:
    """The duty is settled by the report that `person` made, and the disclosure is on record. Returns the case.

    Raises:
        BadInput: the report lacks what it must say. Refused: this duty is no report, or is not open.
    """
    problems = _problems(told, now)
    if problems:
        raise BadInput(problems)
    with kit.transaction() as session:
        duty = lock_row(session, Obligation, obligation_id)
        role = require_role(person, *DOERS)
        if duty.kind == COURT_FORM:
            raise Refused(
                "not_a_report", "the court is told by its form", [f"kinline address filed {duty.case_id}"]
            )
        if duty.kind not in REPORT_DUTIES:
            raise Refused("not_a_report", "this duty is not ended by a report", [f"{duty.kind} itself"])
        if duty.state != ObligationState.OPEN.value:
            raise Refused("not_open", f"this duty is {duty.state} already")
        recipient = _recipient(duty, told.to)
        if told.at < duty.opens_at:
            raise BadInput(
                Problem(
                    "--reported-at",
                    "before_the_duty",
                    "Nothing was known then that had to be reported.",
                    "Give the time of the report.",
                )
            )
        record_act(session, duty.case_id, person, role, now=now)
        row = _row(kit, duty, recipient, told, person, now)
        session.add(row)
        session.flush()
        history.record(session, row, old=None, new="made", actor=str(person.id), why=duty.kind, now=now)
        case = session.get_one(Case, duty.case_id)
        disclose(
            session, case, duty.kind, recipient, ("concern",), approved_by=person.id, by=person.id, now=now
        )
        settle_on_paper(session, duty, row.id, person, why=f"reported to {recipient.value}", now=now)
        history.audit(
            session, actor=str(person.id), act="report", noun="child_case", ids=[duty.case_id], now=now
        )
        return duty.case_id


def _problems(told: Told, now: datetime) -> list[Problem]:
    needed = (
        ("--told", told.who, "Say who took the report."),
        ("--reference", told.reference, "Say theirs."),
    )
    found = [
        Problem(field, "missing", "A report without it is no evidence.", f"{remedy} It is kept.")
        for field, value, remedy in needed
        if not value.strip()
    ]
    found += method_problems(told.method)
    if told.at > now:
        found.append(
            Problem("--reported-at", "in_the_future", "A report can't be recorded ahead.", "Give its time.")
        )
    return found


def method_problems(method: str) -> list[Problem]:
    """One when this is no way to report."""
    if method in METHODS:
        return []
    words = ", ".join(METHODS)
    return [Problem("--method", "wrong_value", "There is no such way.", f"Use one of: {words}.")]


def _recipient(duty: Obligation, to: Recipient | None) -> Recipient:
    """Whom the duty says; where it says nobody, whom the reporter says."""
    named = duty.detail.get("recipient")
    allowed = {Recipient(named)} if named else REPORT_DUTIES[duty.kind]
    if to is None and len(allowed) == 1:
        return next(iter(allowed))
    if to is None or to not in allowed:
        words = ", ".join(sorted(allowed))
        raise BadInput(
            Problem("--to", "wrong_value", "This duty reports to somebody else.", f"Use one of: {words}.")
        )
    return to


def _row(
    kit: Kit, duty: Obligation, recipient: Recipient, told: Told, person: Person, now: datetime
) -> Report:
    row = Report(
        case_id=duty.case_id,
        obligation_id=duty.id,
        recipient=recipient.value,
        method=told.method,
        reference=told.reference.strip(),
        sealed_told=Sealed(b""),
        reported_by=person.id,
        reported_at=told.at,
        recorded_at=now,
    )
    seal_json(kit.vault, row, "sealed_told", {"who": told.who.strip()})
    return row


def reporting_policy(case: Case) -> FollowupPolicy:
    """The case's version; for one from before the procedures, which knows no recipients, the newest."""
    policy = policy_of(case)
    return policy if policy.procedures else pinned_followup_policy(None)


def disclose(
    session: Session,
    case: Case,
    kind: str,
    recipient: Recipient,
    fields: Sequence[str],
    *,
    approved_by: UUID,
    by: UUID,
    now: datetime,
) -> Disclosure:
    """What was told outside is on record: to whom, by what right, which fields, and who approved."""
    policy = reporting_policy(case)
    lines = {line.recipient: line for line in in_force(policy.reviews) if line.recipient}
    lines |= {
        line.recipient: line for line in in_force(policy.reviews) if line.kind == kind and line.recipient
    }
    line = lines[recipient]
    row = Disclosure(
        case_id=case.id,
        recipient=recipient.value,
        legal_basis=line.legal_basis or "",
        fields=list(fields),
        rule=line.rule,
        policy_version=policy.version,
        approved_by=approved_by,
        recorded_by=by,
        at=now,
    )
    session.add(row)
    session.flush()
    return row


def settle_on_paper(
    session: Session, duty: Obligation, paper_id: UUID, person: Person, *, why: str, now: datetime
) -> Evidence | None:
    """The duty, if it still stands open, is settled by this paper; what had escalated for lateness is resolved."""
    if duty.state != ObligationState.OPEN.value:
        return None
    evidence = ledger.add_evidence(
        session,
        case_id=duty.case_id,
        kind="document",
        row_id=paper_id,
        by_staff=person.id,
        actor=str(person.id),
        now=now,
    )
    ledger.settle(session, duty, evidence, actor=str(person.id), why=why, now=now)
    resolve_settled(session, duty, evidence, by=person.id, now=now)
    return evidence
