"""Rows in their dull state: valid, invented, and nothing to be said about them.

Each builder saves one row (flushed, not committed) with whatever it needs beside it, and takes any
column as a keyword: ``a_case(session, vault, state="closed", ...)``.
"""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session

from integrations.vault import Place, Vault
from models.tables.base import Row
from models.tables.ledger import Attempt, Call, Escalation, Evidence, Hearing, Obligation
from models.tables.messages import InboundText, Message
from models.tables.people import Address, Case, Child, Consent, PhoneNumber, Sponsor, Staff
from models.tables.vetting import (
    Application,
    ApplicationRevision,
    BackgroundCheck,
    Confirmation,
    Decision,
    Document,
    DocumentFile,
    Finding,
    Recommendation,
    Release,
    Waiver,
)

NOW = datetime(2026, 2, 2, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
RowT = TypeVar("RowT", bound=Row)
_serial = itertools.count(1)


def a_vault() -> Vault:
    """A vault under keys that are the same in every test."""
    return Vault({1: bytes(range(32))}, blind_key=bytes(range(32, 64)))


def save(session: Session, row: RowT) -> RowT:
    """`row` stands in the database, inside the open transaction."""
    session.add(row)
    session.flush()
    return row


def _sealed(session: Session, vault: Vault, row: RowT, value: Any, column: str = "sealed_details") -> RowT:
    """`row` saved with `value` sealed into its column, unless the caller gave one."""
    if getattr(row, column, None) is None:
        setattr(row, column, vault.seal_json(value, Place(str(row.__tablename__), column, row.id)))
    return save(session, row)


def a_member_of_staff(session: Session, **columns: Any) -> Staff:
    values = {
        "email": f"person{next(_serial)}@example.org",
        "display_name": "Pat Example",
        "roles": ["case_manager"],
        "created_at": NOW,
    }
    return save(session, Staff(**(values | columns)))


def a_child(session: Session, vault: Vault, **columns: Any) -> Child:
    a_number = f"2205{next(_serial):05d}"
    values = {
        "a_number_key": vault.blind("a_number", a_number),
        "name_key": vault.blind("name", "EXAMPLE", "2013-05-02"),
        "created_at": NOW,
    }
    details = {
        "given_names": "Ixchel",
        "family_names": "Example Coj",
        "a_number": a_number,
        "date_of_birth": "2013-05-02",
    }
    return _sealed(session, vault, Child(**(values | columns)), details)


def a_case(session: Session, vault: Vault, **columns: Any) -> Case:
    """A child in care, nothing released yet."""
    if "child_id" not in columns:
        columns["child_id"] = a_child(session, vault).id
    values = {
        "entered_care_on": date(2026, 1, 10),
        "care_provider": "Example Shelter",
        "vetting_policy": "orr-2025",
        "created_at": NOW,
    }
    return save(session, Case(**(values | columns)))


def a_followed_case(session: Session, vault: Vault, **columns: Any) -> Case:
    """A child released yesterday and in follow-up. Nothing keeps it in sight yet: see `a_welfare_call`."""
    values = {
        "state": "in_follow_up",
        "followup_policy": "followup-2026",
        "zone": "America/Chicago",
        "released_at": NOW - DAY,
        "last_contact_at": NOW - DAY,
        "max_silence_days": 100,
    }
    return a_case(session, vault, **(values | columns))


def a_sponsor(session: Session, vault: Vault, **columns: Any) -> Sponsor:
    values = {"name_key": vault.blind("name", "EXAMPLE", "1989-11-20"), "created_at": NOW}
    details = {"given_names": "Marta", "family_names": "Example Coj", "date_of_birth": "1989-11-20"}
    return _sealed(session, vault, Sponsor(**(values | columns)), details)


def an_application(session: Session, vault: Vault, case: Case | None = None, **columns: Any) -> Application:
    if "case_id" not in columns:
        columns["case_id"] = (case or a_case(session, vault)).id
    if "sponsor_id" not in columns:
        columns["sponsor_id"] = a_sponsor(session, vault).id
    values = {
        "reference": f"TEST-{next(_serial):06d}",
        "category": "2A",
        "policy_version": "orr-2025",
        "submitted_at": NOW,
        "submitted_by": "cli",
    }
    return save(session, Application(**(values | columns)))


def a_revision(session: Session, vault: Vault, application: Application, **columns: Any) -> Any:
    values = {
        "application_id": application.id,
        "number": application.revision,
        "content_key": vault.blind("content", str(next(_serial))),
        "at": NOW,
        "actor": "cli",
    }
    return _sealed(session, vault, ApplicationRevision(**(values | columns)), {}, "sealed_packet")


def an_address(session: Session, vault: Vault, application: Application, **columns: Any) -> Address:
    values = {
        "case_id": application.case_id,
        "application_id": application.id,
        "dwelling_key": vault.blind("dwelling", "1420 example ave"),
        "building_key": vault.blind("building", "1420 example ave"),
        "zone": "America/Chicago",
        "source": "packet",
        "since_at": NOW,
    }
    details = {"line1": "1420 Example Ave", "city": "Houston", "state": "TX", "zip": "77036"}
    return _sealed(session, vault, Address(**(values | columns)), details)


def a_number(session: Session, vault: Vault, application: Application, **columns: Any) -> PhoneNumber:
    """A phone of the sponsor's that takes texts."""
    e164 = f"+1713555{100 + next(_serial) % 50:04d}"
    values = {
        "case_id": application.case_id,
        "application_id": application.id,
        "party": "sponsor",
        "role": "party",
        "phone_key": vault.blind("phone", e164.removeprefix("+")),
        "language": "es",
    }
    return _sealed(session, vault, PhoneNumber(**(values | columns)), {"number": e164}, "sealed_number")


def a_consent(session: Session, number: PhoneNumber, **columns: Any) -> Consent:
    values = {
        "number_id": number.id,
        "given": True,
        "language": "es",
        "method": "signed_form",
        "at": NOW,
        "recorded_at": NOW,
        "actor": "cli",
    }
    return save(session, Consent(**(values | columns)))


def a_check(session: Session, application: Application, **columns: Any) -> BackgroundCheck:
    values = {
        "application_id": application.id,
        "subject": "sponsor",
        "person_key": application.sponsor_id.bytes,
        "kind": "public_records",
        "rule": "T.check",
        "provider": "clearline",
    }
    return save(session, BackgroundCheck(**(values | columns)))


def a_finding(session: Session, application: Application, **columns: Any) -> Finding:
    values = {
        "application_id": application.id,
        "code": "ADDRESS_UNREAD",
        "severity": "review",
        "subject": "sponsor",
        "message": "No machine could read it.",
        "rule": "T.finding",
        "source": "ours, unreviewed",
        "found_at": NOW,
    }
    return save(session, Finding(**(values | columns)))


def a_confirmation(session: Session, vault: Vault, application: Application, **columns: Any) -> Confirmation:
    """What a person typed from a proof of address, which is saved beside it with its file."""
    paper = {"application_id": application.id, "subject": "sponsor"}
    key = vault.blind("file", str(next(_serial)))
    scan = DocumentFile(file_key=key, media_type="application/pdf", size=9, at=NOW)
    file_id = _sealed(session, vault, scan, "%PDF-1.7", "sealed_content").id
    document = Document(**paper, revision=1, kind="proof_of_address", file_id=file_id)
    values = {"document_id": save(session, document).id, "item": document.kind, "at": NOW}
    by = {"confirmed_by": columns.get("confirmed_by") or a_member_of_staff(session).id}
    return _sealed(session, vault, Confirmation(**(paper | values | by | columns)), {}, "sealed_typed")


def a_recommendation(session: Session, application: Application, by: UUID, **columns: Any) -> Recommendation:
    values = _opinion(application) | {"role": "case_manager", "given_by": by}
    return save(session, Recommendation(**(values | columns)))


def a_decision(session: Session, application: Application, by: UUID, **columns: Any) -> Decision:
    values = _opinion(application) | {"role": "federal_field_specialist", "decided_by": by}
    return save(session, Decision(**(values | columns)))


def _opinion(application: Application) -> dict[str, Any]:
    of = {"application_id": application.id, "revision": application.revision}
    return of | {"value": "approve", "reason": "All is in order.", "at": NOW}


def a_waiver(session: Session, application: Application, by: UUID, **columns: Any) -> Waiver:
    """A waiver that waits for its second person."""
    values = {
        "application_id": application.id,
        "item": "proof_of_income",
        "subject": "sponsor",
        "reason": "policy 7",
        "proposed_by": by,
        "proposed_at": NOW,
    }
    return save(session, Waiver(**(values | columns)))


def a_release(session: Session, application: Application, by: UUID, **columns: Any) -> Release:
    """The row alone: the case is not followed by it."""
    values = {
        "application_id": application.id,
        "case_id": application.case_id,
        "released_on": NOW.date(),
        "released_by": by,
        "at": NOW,
    }
    return save(session, Release(**(values | columns)))


def an_obligation(session: Session, case: Case, **columns: Any) -> Obligation:
    """An open follow-up duty about the case, due in a week, that keeps nobody in sight."""
    due_at = columns.get("due_at", NOW + 7 * DAY)
    values = {
        "case_id": case.id,
        "side": "followup",
        "kind": "court_lookup",
        "party": "case",
        "key": f"k{next(_serial)}",
        "opens_at": min(NOW, due_at),
        "due_at": due_at,
        "owned_until": due_at + 3 * DAY,
        "queue": "post_release_caller",
        "policy_version": "followup-2026",
        "rule": "T.duty",
        "created_at": NOW,
    }
    return save(session, Obligation(**(values | columns)))


def a_welfare_call(session: Session, case: Case, **columns: Any) -> Obligation:
    """An open duty to speak with the child, which keeps the child in sight."""
    values = {"kind": "welfare_call", "party": "child", "in_sight": True}
    return an_obligation(session, case, **(values | columns))


def an_attempt(session: Session, obligation: Obligation, **columns: Any) -> Attempt:
    values = {
        "obligation_id": obligation.id,
        "step": 1,
        "channel": "text",
        "at": NOW,
        "actor": "engine:ladder",
        "outcome": "delivered",
    }
    return save(session, Attempt(**(values | columns)))


def a_call(session: Session, case: Case, **columns: Any) -> Call:
    """A person's call that nobody has made yet."""
    values = {"case_id": case.id, "kind": "human", "party": "child", "due_at": NOW}
    return save(session, Call(**(values | columns)))


def a_call_that_reached(session: Session, case: Case, spoke_with: str, by: UUID, **columns: Any) -> Call:
    """A person called, and spoke with `spoke_with`."""
    values = {
        "state": "done",
        "outcome": "reached_alone" if spoke_with == "child" else "sponsor_only",
        "spoke_with": spoke_with,
        "called_by": by,
        "at": NOW,
        "recorded_at": NOW,
    }
    return a_call(session, case, **(values | columns))


def an_evidence(session: Session, case: Case, **columns: Any) -> Evidence:
    """A person's review of some row, which settles what need not be spoken."""
    if columns.get("kind", "review") == "review" and "by_staff" not in columns:
        columns["by_staff"] = a_member_of_staff(session).id
    values = {"case_id": case.id, "kind": "review", "actor": "cli", "at": NOW}
    if columns.get("call_id") is None:
        values["row_id"] = case.id
    return save(session, Evidence(**(values | columns)))


def an_escalation(session: Session, case: Case, **columns: Any) -> Escalation:
    """An escalation that nobody has taken yet."""
    values = {
        "case_id": case.id,
        "reason": "no_answer",
        "key": f"k{next(_serial)}",
        "rule": "T.rung",
        "policy_version": "followup-2026",
        "level": 1,
        "queue": "case_manager",
        "opened_at": NOW,
        "acknowledge_by": NOW + DAY,
        "resolve_by": NOW + 3 * DAY,
        "owned_until": NOW + 5 * DAY,
    }
    return save(session, Escalation(**(values | columns)))


def a_message(session: Session, number: PhoneNumber, **columns: Any) -> Message:
    """A text that waits to be sent."""
    values = {
        "case_id": number.case_id,
        "number_id": number.id,
        "to_party": number.party,
        "purpose": "reminder",
        "template": "reminder",
        "language": number.language,
        "send_after": NOW,
        "not_after": NOW + DAY,
        "created_at": NOW,
    }
    return save(session, Message(**(values | columns)))


def an_inbound_text(session: Session, vault: Vault, **columns: Any) -> InboundText:
    """A text from a number that nobody knows."""
    serial = next(_serial)
    values = {
        "provider_ref": f"SM{serial:06d}",
        "phone_key": vault.blind("phone", f"1713555{100 + serial % 50:04d}"),
        "meaning": "unclear",
        "at": NOW,
    }
    return _sealed(session, vault, InboundText(**(values | columns)), {"body": "hola"}, "sealed_body")


def a_hearing(session: Session, case: Case, **columns: Any) -> Hearing:
    values = {
        "case_id": case.id,
        "court": "Houston",
        "hearing_key": f"H{next(_serial)}",
        "kind": "master",
        "state": "scheduled",
        "starts_at": NOW + 30 * DAY,
        "seen_at": NOW,
    }
    return save(session, Hearing(**(values | columns)))
