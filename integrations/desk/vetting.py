"""What named people do with an application: confirm, clear, waive, recommend, decide. One transaction each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk.steps import run_step, settle_state
from integrations.kit import Kit
from integrations.policies import vetting_policy
from integrations.store import history
from integrations.store.applications import find_application, gather
from integrations.store.sealing import seal_json
from integrations.store.staff import record_act, require_role
from models.errors import BadInput, Problem, Refused
from models.facts import ApplicationFacts, FindingFacts, Person, Requirement
from models.policy import VettingPolicy
from models.states import (
    APPLICATION_MOVES,
    ApplicationState,
    CheckState,
    DecisionValue,
    FindingState,
    Role,
)
from models.tables.base import Sealed
from models.tables.vetting import (
    Application,
    BackgroundCheck,
    Confirmation,
    Decision,
    Recommendation,
    Waiver,
)
from models.tables.vetting import Finding as FindingRow
from vetting import decision
from vetting.completeness import documents_for, requirements
from vetting.findings import key_of
from vetting.typed import compare, parse_typed

_STATE_AFTER = {
    DecisionValue.APPROVE: ApplicationState.APPROVED,
    DecisionValue.APPROVE_WITH_PRS: ApplicationState.APPROVED,
    DecisionValue.HOME_STUDY: ApplicationState.HOME_STUDY,
    DecisionValue.REMAND: ApplicationState.REMANDED,
    DecisionValue.DENY: ApplicationState.DENIED,
}


class _Act:
    """One act on one application: the locked row, the facts, what policy asks for."""

    def __init__(self, kit: Kit, session: Session, key: str, person: Person, now: datetime) -> None:
        self.kit, self.session, self.person, self.now = kit, session, person, now
        self.application: Application = find_application(session, key, lock=True)
        self.facts: ApplicationFacts = gather(session, kit.vault, self.application)
        self.policy: VettingPolicy = vetting_policy(self.application.policy_version)
        self.required: Sequence[Requirement] = requirements(self.facts, self.policy, now)

    def done(self, role: Role, act: str) -> UUID:
        """The act is on record, and the application's state and duties follow from it."""
        record_act(self.session, self.application.case_id, self.person, role, now=self.now)
        history.audit(
            self.session,
            actor=str(self.person.id),
            act=act,
            noun="application",
            ids=[self.application.id],
            now=self.now,
        )
        self.session.flush()
        settle_state(
            self.session, self.kit, self.application, actor=str(self.person.id), why=act, now=self.now
        )
        return self.application.id


def find_requirement(required: Sequence[Requirement], item: str) -> Requirement:
    """The requirement that a person named: `sponsor_identity`, or with its subject after a colon or `@`.

    Raises:
        BadInput: none, or more than one, fits; the remedy lists the names.
    """
    wanted = item.strip()
    for requirement in required:
        if wanted in (requirement.key, requirement.key.replace("@", ":", 1)):
            return requirement
    fitting = [r for r in required if r.item == wanted]
    if len(fitting) == 1:
        return fitting[0]
    own = [r for r in fitting if r.subject in ("sponsor", "child")]
    if len(own) == 1 and not fitting[0].jurisdiction:
        return own[0]
    names = ", ".join(r.key for r in (fitting or required))
    code = "ambiguous_item" if fitting else "unknown_item"
    raise BadInput(Problem("ITEM", code, "This does not name one required item.", f"Use one of: {names}."))


def confirm(kit: Kit, key: str, item: str, person: Person, *, typed: bytes, now: datetime) -> UUID:
    """A person has typed what they read from the document. What differs from the packet becomes a finding."""
    with kit.transaction() as session:
        act = _Act(kit, session, key, person, now)
        requirement = find_requirement(act.required, item)
        role = decision.may_confirm(act.facts, person, requirement)
        parsed = parse_typed(requirement.item, typed)
        compared = compare(requirement.item, requirement.subject, parsed, act.facts.packet)
        document = documents_for(act.facts, requirement.item, requirement.subject)[-1]
        row = Confirmation(
            application_id=act.application.id,
            document_id=document.id,
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
        application_id = act.done(role, f"confirm {requirement.key}")
    # What was typed may give rise to a finding, or put one to rest.
    run_step(kit, "identity", application_id, now=now)
    run_step(kit, "assessment", application_id, now=now)
    return application_id


def find_finding(facts: ApplicationFacts, name: str) -> FindingFacts:
    """The open finding that a person named: by id, by code, or by code with its subject.

    Raises:
        BadInput: none, or more than one, fits.
    """
    open_ones = [f for f in facts.findings if f.state == FindingState.OPEN]
    wanted = name.strip()
    fitting = [f for f in open_ones if str(f.id) == wanted or key_of(f.finding) == wanted]
    if not fitting:
        fitting = [
            f
            for f in open_ones
            if wanted in (f.finding.code.value, f"{f.finding.code.value}:{f.finding.subject}")
        ]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(sorted({key_of(f.finding) for f in (fitting or open_ones)})) or "none is open"
    code = "ambiguous_finding" if fitting else "unknown_finding"
    raise BadInput(
        Problem("FINDING", code, "This does not name one open finding.", f"Open findings: {names}.")
    )


def clear(kit: Kit, key: str, finding: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """A `review` finding is settled by a person with reasons."""
    with kit.transaction() as session:
        act = _Act(kit, session, key, person, now)
        found = find_finding(act.facts, finding)
        role = decision.may_clear(act.facts, person, found, reason)
        row = session.get_one(FindingRow, found.id)
        row.state, row.settled_at = FindingState.CLEARED.value, now
        row.settled_by, row.reason = person.id, reason
        session.add(row)
        history.record(session, row, old="open", new="cleared", actor=str(person.id), why=reason, now=now)
        return act.done(role, f"clear {row.code}")


def waive(kit: Kit, key: str, item: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """One of the two voices that a waiver needs: the first proposes, another person's approves."""
    with kit.transaction() as session:
        act = _Act(kit, session, key, person, now)
        requirement = find_requirement(act.required, item)
        row = session.scalars(
            select(Waiver).where(
                col(Waiver.application_id) == act.application.id, col(Waiver.item) == requirement.key
            )
        ).one_or_none()
        role = decision.may_waive(act.facts, person, requirement, reason, row.proposed_by if row else None)
        if row is None:
            row = Waiver(
                application_id=act.application.id,
                item=requirement.key,
                subject=requirement.subject,
                reason=reason,
                proposed_by=person.id,
                proposed_at=now,
            )
            new, old = "proposed", None
        else:
            row.approved_by, row.approved_at = person.id, now
            new, old = "approved", "proposed"
        session.add(row)
        session.flush()
        history.record(session, row, old=old, new=new, actor=str(person.id), why=reason, now=now)
        return act.done(role, f"waive {requirement.key}")


def adjudicate(
    kit: Kit, key: str, check: str, person: Person, *, verdict: str, reason: str, now: datetime
) -> UUID:
    """One of the two voices on a hit that needs review: `clear` or `bar`. Two that agree settle it."""
    if verdict not in ("clear", "bar"):
        raise BadInput(Problem("--verdict", "wrong_value", "Say clear or bar.", "Use --verdict clear."))
    with kit.transaction() as session:
        act = _Act(kit, session, key, person, now)
        waiting = [c for c in act.facts.checks if c.state == CheckState.HIT_REVIEW and c.adjudication is None]
        named = [c for c in waiting if check in (str(c.id), c.kind.value, f"{c.kind.value}@{c.subject}")]
        if len(named) != 1:
            names = ", ".join(f"{c.kind.value}@{c.subject}" for c in waiting) or "none waits"
            raise BadInput(
                Problem("CHECK", "unknown_check", "This does not name one hit that waits.", f"Use: {names}.")
            )
        row = session.get_one(BackgroundCheck, named[0].id)
        first = UUID(row.adjudicated_by[0].split(" ")[0]) if row.adjudicated_by else None
        role = decision.may_adjudicate(act.facts, person, named[0], reason, first)
        voices = [*row.adjudicated_by, f"{person.id} {verdict}"]
        row.adjudicated_by = voices
        if len(voices) >= 2:
            # Two who disagree: the graver word stands.
            row.adjudication = "bar" if any(v.endswith(" bar") for v in voices) else "clear"
        session.add(row)
        history.record(
            session,
            row,
            old=None,
            new=f"voice {len(voices)}: {verdict}",
            actor=str(person.id),
            why=reason,
            now=now,
        )
        application_id = act.done(role, f"adjudicate {row.kind}")
    run_step(kit, "background_checks", application_id, now=now)
    run_step(kit, "assessment", application_id, now=now)
    return application_id


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
    _want_reason(reason)
    with kit.transaction() as session:
        act = _Act(kit, session, key, person, now)
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
        session.flush()
        if role == act.policy.roles.recommend[-1]:
            history.move(
                session,
                act.application,
                ApplicationState.RECOMMENDED,
                APPLICATION_MOVES,
                actor=str(person.id),
                why=f"{role.value}: {chosen.value}",
                now=now,
            )
        return act.done(role, f"recommend {chosen.value}")


def decide(kit: Kit, key: str, value: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """The federal field specialist's decision. A remand or home study sends the opinions back."""
    chosen = _value(value)
    _want_reason(reason)
    with kit.transaction() as session:
        act = _Act(kit, session, key, person, now)
        role = decision.may_decide(act.facts, person, chosen, act.required, act.policy, now)
        for earlier in session.scalars(
            select(Decision).where(
                col(Decision.application_id) == act.application.id, col(Decision.superseded_at).is_(None)
            )
        ):
            earlier.superseded_at = now
        session.flush()
        session.add(
            Decision(
                application_id=act.application.id,
                revision=act.application.revision,
                role=role.value,
                value=chosen.value,
                reason=reason,
                decided_by=person.id,
                at=now,
            )
        )
        session.flush()
        history.move(
            session,
            act.application,
            _STATE_AFTER[chosen],
            APPLICATION_MOVES,
            actor=str(person.id),
            why=f"decided: {chosen.value}",
            now=now,
        )
        if chosen == DecisionValue.HOME_STUDY and act.application.home_study_ordered_at is None:
            act.application.home_study_ordered_at = now
        return act.done(role, f"decide {chosen.value}")


def _want_reason(reason: str) -> None:
    if not reason.strip():
        raise BadInput(Problem("--reason", "missing", "Give the reason.", "Add --reason TEXT."))


def home_study(
    kit: Kit, key: str, step: str, person: Person, *, result: str | None, reason: str, now: datetime
) -> UUID:
    """A home study is ordered, or its report has come in with its result."""
    _want_reason(reason)
    with kit.transaction() as session:
        act = _Act(kit, session, key, person, now)
        role = require_role(person, Role.FEDERAL_FIELD_SPECIALIST if step == "order" else Role.CASE_MANAGER)
        if step == "order":
            act.application.home_study_ordered_at = act.application.home_study_ordered_at or now
        elif act.application.home_study_ordered_at is None:
            raise Refused("out_of_order", "No home study has been ordered.", ["homestudy order"])
        else:
            act.application.home_study_received_at = now
            act.application.home_study_result = result or "positive"
        session.add(act.application)
        history.record(
            session,
            act.application,
            old=None,
            new=f"home study {step}",
            actor=str(person.id),
            why=reason,
            now=now,
        )
        application_id = act.done(role, f"homestudy {step}")
    run_step(kit, "assessment", application_id, now=now)
    return application_id
