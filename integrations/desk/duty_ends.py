"""How a vetting duty ends: settled by what was done for it, waived, or void because of what is asked instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk.escalations import resolve_settled
from integrations.desk.ladder_ends import ladder_evidence
from integrations.store import ledger
from integrations.store.applications import current_address
from models.facts import ApplicationFacts, Requirement
from models.findings import FindingState
from models.states import RequirementState
from models.tables.ledger import Obligation
from models.tables.people import Staff
from models.tables.vetting import (
    Application,
    Confirmation,
    Decision,
    Document,
    Finding,
    Recommendation,
    Waiver,
)
from vetting.findings import key_of

# The kind of evidence, the row that it points at, and the person behind it where there was one.
Found = tuple[str, UUID, UUID | None]


@dataclass(frozen=True, slots=True)
class DutyEnds:
    """How the duties of one application end that nothing asks for any more."""

    session: Session
    application: Application
    facts: ApplicationFacts
    required: Sequence[Requirement]
    actor: str
    now: datetime

    def end(self, row: Obligation, standing: Sequence[Obligation]) -> None:
        """Settled by what ended it, waived, or void because of what must be done instead."""
        what = row.key.rpartition("#")[0]
        waiver = self._waiver(what)
        found = self._evidence(row.kind, what) or ladder_evidence(self.session, self.application, row)
        if waiver is not None and waiver.approved_by is not None:
            ledger.waive(self.session, row, by=waiver.approved_by, reason=waiver.reason, now=self.now)
        elif found is None and standing:
            ledger.void_for(
                self.session,
                row,
                standing[0].id,
                actor=self.actor,
                why="the packet or its findings changed: something else is asked now",
                now=self.now,
            )
        else:
            self._settle(row, *(found or ("document", self.application.id, None)))

    def end_with_application(self, row: Obligation) -> None:
        """Settled where a person's act on the ladder answers it; void with the application otherwise."""
        found = ladder_evidence(self.session, self.application, row)
        if found is not None:
            self._settle(row, *found)
        else:
            why = f"the application is {self.application.state}"
            ledger.void_by_closure(self.session, [row], actor=self.actor, why=why, now=self.now)

    def _settle(self, row: Obligation, kind: str, row_id: UUID, by: UUID | None) -> None:
        evidence = ledger.add_evidence(
            self.session,
            case_id=self.application.case_id,
            kind=kind,
            row_id=row_id,
            by_staff=by,
            actor=self.actor,
            now=self.now,
        )
        ledger.settle(self.session, row, evidence, actor=self.actor, why="done", now=self.now)
        person = by or self._person()
        if person is not None:
            resolve_settled(self.session, row, evidence, by=person, now=self.now)

    def _person(self) -> UUID | None:
        """Who is at work, when it is a person and not the engine."""
        try:
            return self.session.scalars(
                select(col(Staff.id)).where(col(Staff.id) == UUID(self.actor))
            ).first()
        except ValueError:
            return None

    def _waiver(self, what: str) -> Waiver | None:
        keys = [
            r.key
            for r in self.required
            if r.state is RequirementState.WAIVED and what in (r.key, _check_words(r))
        ]
        return self.session.scalars(
            select(Waiver).where(
                col(Waiver.application_id) == self.application.id,
                col(Waiver.item).in_(keys),
                col(Waiver.approved_by).is_not(None),
            )
        ).first()

    def _evidence(self, kind: str, what: str) -> Found | None:
        """What was done for the duty; None when nothing was."""
        looks: Mapping[str, Callable[[str], Found | None]] = {
            "record_check": self._check,
            "obtain_document": self._document,
            "confirm_document": self._confirmation,
            "settle_finding": self._finding,
            "recommend": lambda role: self._opinion(Recommendation, col(Recommendation.role) == role),
            "decide": lambda _: self._opinion(Decision),
            "complete_home_study": self._home_study,
        }
        look = looks.get(kind)
        return look(what) if look else None

    def _check(self, what: str) -> Found | None:
        if what == "address:postal_service":
            return "check", current_address(self.session, self.application.id).id, None
        if what == "address:reading":
            return self._document("proof_of_address@sponsor")
        done = [m for m in self.facts.manual if f"{m.subject}:{m.item}" == what]
        if done:
            return "check", done[-1].id, None
        rows = [c for c in self.facts.checks if c.result_at is not None]
        exact = [c for c in rows if _check_of(c.subject, c.kind, c.jurisdiction) == what]
        # A fallback's result stands in for the check that could not be read.
        near = exact or [c for c in rows if what.startswith(f"{c.subject}:")]
        newest = max(near, key=lambda c: (c.result_at or self.now, c.attempt), default=None)
        return None if newest is None else ("check", newest.id, None)

    def _document(self, what: str) -> Found | None:
        item, _, subject = what.partition("@")
        if item == "address":
            return "document", current_address(self.session, self.application.id).id, None
        row = self.session.scalars(
            select(Document).where(
                col(Document.application_id) == self.application.id,
                col(Document.revision) == self.application.revision,
                col(Document.kind) == item,
                col(Document.subject) == subject,
            )
        ).first()
        return None if row is None else ("document", row.id, None)

    def _confirmation(self, what: str) -> Found | None:
        if not any(r.key == what and r.state is RequirementState.CONFIRMED for r in self.required):
            return None
        item, _, subject = what.partition("@")
        row = self.session.scalars(
            select(Confirmation)
            .where(
                col(Confirmation.application_id) == self.application.id,
                col(Confirmation.item) == item,
                col(Confirmation.subject) == subject,
            )
            .order_by(col(Confirmation.at).desc())
        ).first()
        return None if row is None else ("review", row.id, row.confirmed_by)

    def _finding(self, what: str) -> Found | None:
        ended = [f for f in self.facts.findings if key_of(f.finding) == what and f.state != FindingState.OPEN]
        if not ended:
            return None
        row = self.session.get_one(Finding, ended[-1].id)
        if row.state == FindingState.CLEARED and row.settled_by is not None:
            return "review", row.id, row.settled_by
        return "check", row.id, None

    def _opinion(self, table: Any, *conditions: Any) -> Found | None:
        row = self.session.scalars(
            select(table).where(
                col(table.application_id) == self.application.id,
                col(table.superseded_at).is_(None),
                *conditions,
            )
        ).first()
        return None if row is None else ("decision", row.id, None)

    def _home_study(self, _what: str) -> Found | None:
        received = [study for study in self.facts.home_studies if study.received_at is not None]
        return ("document", received[-1].id, None) if received else None


def _check_of(subject: str, kind: str, jurisdiction: str | None) -> str:
    return ":".join(part for part in (subject, str(kind), jurisdiction) if part)


def _check_words(required: Requirement) -> str:
    """A check as its duty names it."""
    return _check_of(required.subject, required.item, required.jurisdiction)
