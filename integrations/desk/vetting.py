"""What named people do with an application: confirm, clear, waive, recommend, decide. One transaction each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from integrations.desk.acting import Act, want_reason
from integrations.desk.home_studies import order_study
from integrations.desk.ladder import put_questions, to_the_decision
from integrations.desk.naming import find_finding, find_requirement
from integrations.desk.replays import keep_decision
from integrations.kit import Kit
from integrations.store import history
from integrations.store.applications import current_documents
from integrations.store.ladder import supersede
from integrations.store.revisions import waiver_holds
from integrations.store.sealing import seal_json
from models.errors import BadInput, Problem, Stale
from models.facts import Person, Requirement
from models.findings import FindingState
from models.states import APPLICATION_MOVES, SENT_BACK, ApplicationState, DecisionValue, DenialGround
from models.tables.base import Sealed
from models.tables.ladder import Consultation, ReviewWaiver
from models.tables.vetting import Confirmation, Decision, Recommendation, Waiver
from models.tables.vetting import Finding as FindingRow
from vetting import acts, decision
from vetting.typed import compare, parse_typed

_STATE_AFTER = {
    DecisionValue.APPROVE: ApplicationState.APPROVED,
    DecisionValue.APPROVE_WITH_PRS: ApplicationState.APPROVED,
    DecisionValue.HOME_STUDY: ApplicationState.HOME_STUDY,
    DecisionValue.REMAND: ApplicationState.REMANDED,
    DecisionValue.DENY: ApplicationState.DENIED,
}


def confirm(
    kit: Kit,
    key: str,
    item: str,
    person: Person,
    *,
    typed: bytes,
    document: UUID | None = None,
    now: datetime,
) -> UUID:
    """A person has typed what they read from the document. What differs from the packet becomes a finding.

    `document`: which one they had before them.

    Raises:
        Stale: an amendment has put another in its place since.
    """
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        requirement = find_requirement(act.required, item)
        role = acts.may_confirm(act.facts, person, requirement)
        parsed = parse_typed(requirement.item, typed)
        compared = compare(requirement.item, requirement.subject, parsed, act.facts.packet)
        document_id = _document_to_read(act, requirement)
        if document not in (None, document_id):
            raise Stale("this is not the document that answers the requirement")
        row = Confirmation(
            application_id=act.application.id,
            document_id=document_id,
            item=requirement.item,
            subject=requirement.subject,
            sealed_typed=Sealed(b""),
            agrees=compared.agrees,
            differs=list(compared.differs),
            expires_on=compared.expires_on,
            confirmed_by=person.id,
            at=now,
        )
        seal_json(kit.vault, row, "sealed_typed", parsed)
        session.add(row)
        # What was typed may give rise to a finding, or put one to rest.
        return act.done(role, f"confirm {requirement.key}", judge="identity")


def _document_to_read(act: Act, requirement: Requirement) -> UUID:
    """The row of the document that answers this requirement; of several the last."""
    documents = current_documents(act.session, act.application)
    return [d.id for d in documents if (d.kind, d.subject) == (requirement.item, requirement.subject)][-1]


def clear(kit: Kit, key: str, finding: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """A `review` finding is settled by a person with reasons."""
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        found = find_finding(act.facts, finding)
        role = acts.may_clear(act.facts, person, found, reason)
        row = session.get_one(FindingRow, found.id)
        row.state, row.settled_at = FindingState.CLEARED.value, now
        row.settled_by, row.reason = person.id, reason
        session.add(row)
        history.record(session, row, old="open", new="cleared", actor=str(person.id), why=reason, now=now)
        return act.done(role, f"clear {row.code}")


def waive(kit: Kit, key: str, item: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """One of the two voices that a waiver needs: the first proposes, another person's approves."""
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        requirement = find_requirement(act.required, item)
        row = session.scalars(
            select(Waiver).where(
                col(Waiver.application_id) == act.application.id, col(Waiver.item) == requirement.key
            )
        ).one_or_none()
        stands = row is not None and waiver_holds(session, kit.vault, row, act.facts.packet)
        first_voice = row.proposed_by if row is not None and stands else None
        role = acts.may_waive(act.facts, person, requirement, reason, first_voice)
        row = row or Waiver(
            application_id=act.application.id,
            item=requirement.key,
            subject=requirement.subject,
            reason=reason,
            proposed_by=person.id,
            proposed_at=now,
        )
        if stands:
            row.approved_by, row.approved_at = person.id, now
            new, old = "approved", "proposed"
        else:
            # A new one, or in place of one for somebody whom an amendment has moved.
            row.approved_by = row.approved_at = None
            row.proposed_by, row.proposed_at, row.reason = person.id, now, reason
            new, old = "proposed", None
        session.add(row)
        session.flush()
        history.record(session, row, old=old, new=new, actor=str(person.id), why=reason, now=now)
        return act.done(role, f"waive {requirement.key}")


def _value(value: str) -> DecisionValue:
    try:
        return DecisionValue(value)
    except ValueError:
        words = ", ".join(v.value for v in DecisionValue)
        raise BadInput(
            Problem("VALUE", "wrong_value", "This is not a recommendation.", f"Use one of: {words}.")
        ) from None


def recommend(kit: Kit, key: str, value: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """A case manager's or coordinator's recommendation, in that order."""
    chosen = _value(value)
    want_reason(reason)
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = decision.may_recommend(act.facts, person, chosen, act.required, act.policy, now)
        for earlier in session.scalars(
            select(Recommendation).where(
                col(Recommendation.application_id) == act.application.id,
                col(Recommendation.role) == role.value,
                col(Recommendation.superseded_at).is_(None),
            )
        ):
            earlier.superseded_at = now
        session.flush()
        session.add(
            Recommendation(
                application_id=act.application.id,
                revision=act.application.revision,
                role=role.value,
                value=chosen.value,
                reason=reason,
                given_by=person.id,
                at=now,
            )
        )
        to_the_decision(act, why="the recommendations are in")
        return act.done(role, f"recommend {chosen.value}")


def decide(
    kit: Kit,
    key: str,
    value: str,
    person: Person,
    *,
    reason: str,
    questions: Sequence[str] = (),
    grounds: Sequence[str] = (),
    now: datetime,
) -> UUID:
    """The federal field specialist's decision. A remand or home study sends the opinions back.

    `questions`: what a remand asks; each must be answered before anybody recommends anew. `grounds`: of a
    denial, for its letter and for who may appeal.
    """
    chosen = _value(value)
    want_reason(reason)
    why_denied = _grounds(grounds, chosen)
    if questions and chosen is not DecisionValue.REMAND:
        raise BadInput(
            Problem("--question", "wrong_value", "Only a remand asks questions.", "Leave --question out.")
        )
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = decision.may_decide(act.facts, person, chosen, act.required, act.policy, now)
        for earlier in session.scalars(
            select(Decision).where(
                col(Decision.application_id) == act.application.id, col(Decision.superseded_at).is_(None)
            )
        ):
            earlier.superseded_at = now
        session.flush()
        row = Decision(
            application_id=act.application.id,
            revision=act.application.revision,
            role=role.value,
            value=chosen.value,
            grounds=[ground.value for ground in why_denied],
            reason=reason,
            decided_by=person.id,
            at=now,
        )
        session.add(row)
        session.flush()
        keep_decision(session, kit, row, act.facts, act.policy, now=now)
        if questions:
            put_questions(act, questions, role, decision_id=row.id)
        if chosen in SENT_BACK:
            supersede(session, act.application.id, [ReviewWaiver, Consultation], now=now)
        history.move(
            session,
            act.application,
            _STATE_AFTER[chosen],
            APPLICATION_MOVES,
            actor=str(person.id),
            why=f"decided: {chosen.value}",
            now=now,
        )
        if chosen == DecisionValue.HOME_STUDY:
            order_study(act, reason)
        return act.done(role, f"decide {chosen.value}")


def _grounds(words: Sequence[str], chosen: DecisionValue) -> list[DenialGround]:
    if words and chosen is not DecisionValue.DENY:
        raise BadInput(
            Problem("--ground", "wrong_value", "Only a denial has grounds.", "Leave --ground out.")
        )
    try:
        return sorted({DenialGround(word) for word in words})
    except ValueError:
        known = ", ".join(ground.value for ground in DenialGround)
        raise BadInput(
            Problem("--ground", "wrong_value", "This is not a ground of a denial.", f"Use one of: {known}.")
        ) from None
