"""After a denial: the letter that tells of it, and the appeal against it. One act of one named person each."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from uuid import UUID

from integrations.desk.acting import Act, want_reason
from integrations.kit import Kit
from integrations.letters.denial import TEMPLATE, DenialLetterFacts, denial_letter
from integrations.policies import vetting_policy
from integrations.store import history
from integrations.store.applications import find_application, gather
from integrations.store.ladder import appeal_of, letter_of, standing_decision, supersede
from integrations.store.sealing import open_bytes, seal_bytes
from models.errors import BadInput, Problem, Refused
from models.facts import ApplicationFacts, Person
from models.states import APPLICATION_MOVES, AppealOutcome, Appellant, ApplicationState
from models.tables.base import Sealed
from models.tables.ladder import Appeal, Consultation, DenialLetter
from models.tables.vetting import Decision
from models.vetting_policy import VettingPolicy
from vetting import ladder

METHODS = ("post", "in_person", "email")


def letter(kit: Kit, key: str, person: Person, *, now: datetime) -> bytes:
    """The letter of the denial that stands: as it went out, or as it would go out today. The look is on record.

    Raises:
        Refused: there is no denial, or the person may not send its letter.
    """
    with kit.transaction() as session:
        application = find_application(session, key)
        facts = gather(session, kit.vault, application)
        decision = standing_decision(session, application.id)
        sent = None if decision is None else letter_of(session, decision.id)
        history.audit(
            session,
            actor=str(person.id),
            act="read letter",
            noun="application",
            ids=[application.id],
            now=now,
        )
        if sent is not None:
            ladder.may_read_letter(facts, person)
            return open_bytes(kit.vault, sent, "sealed_content")
        ladder.may_send_letter(facts, person)
        policy = vetting_policy(application.policy_version)
        return _written(facts, policy, "" if decision is None else decision.reason, now.date())


def _written(facts: ApplicationFacts, policy: VettingPolicy, reason: str, on: date) -> bytes:
    packet = facts.packet
    return denial_letter(
        DenialLetterFacts(
            reference=packet.reference,
            sponsor=f"{packet.sponsor.given_names} {packet.sponsor.family_names}",
            child=f"{packet.child.given_names} {packet.child.family_names}",
            care_provider=packet.care_provider,
            grounds=facts.ladder.grounds,
            reason=reason,
            may_appeal=ladder.appellants(facts, policy),
            appeal_until=ladder.window_ends(on, policy),
            on=on,
        )
    )


def send_letter(kit: Kit, key: str, person: Person, *, method: str, now: datetime) -> UUID:
    """The letter has gone out: its PDF is kept as it went, and the time to appeal runs from this day."""
    if method not in METHODS:
        raise BadInput(
            Problem(
                "--method",
                "wrong_value",
                "This is not a way to send it.",
                f"Use one of: {', '.join(METHODS)}.",
            )
        )
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = ladder.may_send_letter(act.facts, person)
        decision = _denial(act)
        content = _written(act.facts, act.policy, decision.reason, now.date())
        row = DenialLetter(
            decision_id=decision.id,
            template=TEMPLATE,
            digest=hashlib.sha256(content).hexdigest(),
            sealed_content=Sealed(b""),
            sent_by=person.id,
            sent_on=now.date(),
            method=method,
            at=now,
        )
        seal_bytes(kit.vault, row, "sealed_content", content)
        session.add(row)
        session.flush()
        history.record(session, row, old=None, new="sent", actor=act.actor, why=method, now=now)
        return act.done(role, "send denial letter")


def file_appeal(
    kit: Kit,
    key: str,
    appellant: str,
    person: Person,
    *,
    received_on: date,
    with_hearing: bool,
    reason: str,
    now: datetime,
) -> UUID:
    """An appeal has come in, in writing. Its clocks run from now on."""
    want_reason(reason)
    try:
        who = Appellant(appellant)
    except ValueError:
        raise BadInput(
            Problem("--by", "wrong_value", "Say who appeals.", "Use --by sponsor or --by child.")
        ) from None
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = ladder.may_file_appeal(act.facts, person, who, received_on, act.policy, now)
        decision = _denial(act)
        row = Appeal(
            decision_id=decision.id,
            application_id=act.application.id,
            denied_by=decision.decided_by,
            appellant=who.value,
            received_on=received_on,
            with_hearing=with_hearing,
            reason=reason,
            filed_by=person.id,
            at=now,
        )
        session.add(row)
        session.flush()
        history.record(session, row, old=None, new="open", actor=act.actor, why=reason, now=now)
        return act.done(role, "file appeal")


def acknowledge_appeal(kit: Kit, key: str, person: Person, *, now: datetime) -> UUID:
    """Whoever appealed has been told that the appeal is here."""
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = ladder.may_handle_appeal(act.facts, person)
        row = _open_appeal(act)
        if row.acknowledged_at is not None:
            raise Refused("not_open", "This appeal has been acknowledged.")
        row.acknowledged_by, row.acknowledged_at = person.id, now
        session.add(row)
        history.record(session, row, old="open", new="acknowledged", actor=act.actor, why="told", now=now)
        return act.done(role, "acknowledge appeal")


def deliver_file(kit: Kit, key: str, person: Person, *, withheld: bool, reason: str, now: datetime) -> UUID:
    """The evidence file has been handed over; or is kept back, since it would endanger the child."""
    want_reason(reason)
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = ladder.may_handle_appeal(act.facts, person)
        row = _open_appeal(act)
        if row.delivered_at is not None:
            raise Refused("not_open", "This is settled: the file was delivered, or kept back.")
        row.delivered_by, row.delivered_at = person.id, now
        row.withheld, row.withheld_reason = withheld, reason if withheld else None
        session.add(row)
        new = "file withheld" if withheld else "file delivered"
        history.record(session, row, old="open", new=new, actor=act.actor, why=reason, now=now)
        return act.done(role, new)


def decide_appeal(kit: Kit, key: str, outcome: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """A neutral upholds the denial, or reverses it: then the application stands before the decider again."""
    if outcome not in (AppealOutcome.UPHELD, AppealOutcome.REVERSED):
        raise BadInput(
            Problem("OUTCOME", "wrong_value", "This is not an outcome.", "Use upheld or reversed.")
        )
    want_reason(reason)
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = ladder.may_decide_appeal(act.facts, person)
        row = _open_appeal(act)
        row.outcome, row.reasoning = outcome, reason
        row.decided_by, row.decided_at = person.id, now
        session.add(row)
        session.flush()
        history.record(session, row, old="open", new=outcome, actor=act.actor, why=reason, now=now)
        if outcome == AppealOutcome.REVERSED:
            _reverse(act)
        return act.done(role, f"appeal {outcome}")


def _reverse(act: Act) -> None:
    """The denial speaks no more, nor does the consultation before it; the recommendations stand."""
    supersede(act.session, act.application.id, [Decision, Consultation], now=act.now)
    history.move(
        act.session,
        act.application,
        ApplicationState.RECOMMENDED,
        APPLICATION_MOVES,
        actor=act.actor,
        why="the denial was reversed on appeal",
        now=act.now,
    )


def _denial(act: Act) -> Decision:
    """The denial that stands, which `vetting.ladder` has made sure of."""
    row = standing_decision(act.session, act.application.id)
    if row is None:
        raise Refused("out_of_order", "There is no denial.", ["decision deny"])
    return row


def _open_appeal(act: Act) -> Appeal:
    row = appeal_of(act.session, _denial(act).id)
    if row is None:
        raise Refused("not_open", "No appeal against this denial is open.", ["appeal"])
    return row
