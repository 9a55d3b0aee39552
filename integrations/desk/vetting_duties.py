"""Where an application stands, and which vetting duties stand open for it: both follow from its facts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from followup.escalation import duty_owned_until
from integrations.desk.duty_ends import DutyEnds
from integrations.kit import Kit
from integrations.policies import pinned_followup_policy, vetting_policy
from integrations.store import history, ledger
from integrations.store.applications import gather
from integrations.store.stages import move_stage
from models.facts import ApplicationFacts, Duty, Requirement
from models.states import APPLICATION_MOVES, APPLICATION_OVER, ApplicationState
from models.tables.vetting import Application
from vetting import completeness, steps
from vetting.stage import stage_of


def settle_state(
    session: Session, kit: Kit, application: Application, *, actor: str, why: str, now: datetime
) -> None:
    """State and open duties follow from the facts. Called after every step and every act of a person."""
    facts = gather(session, kit.vault, application)
    policy = vetting_policy(application.policy_version)
    required = completeness.requirements(facts, policy, now)
    state = steps.next_state(facts, required, policy, now)
    history.move(session, application, state, APPLICATION_MOVES, actor=actor, why=why, now=now)
    facts = dataclasses.replace(facts, state=state)
    move_stage(session, application, stage_of(facts, policy), actor=actor, why=why, now=now)
    settle_duties(session, application, facts, required, actor=actor, now=now)


def first_duties(session: Session, kit: Kit, application: Application, *, actor: str, now: datetime) -> None:
    """The duties of a packet that has just come in stand open, before any vetting has run."""
    session.flush()
    facts = gather(session, kit.vault, application)
    policy = vetting_policy(application.policy_version)
    required = completeness.requirements(facts, policy, now)
    move_stage(session, application, stage_of(facts, policy), actor=actor, why="packet submitted", now=now)
    settle_duties(session, application, facts, required, actor=actor, now=now)


def settle_duties(
    session: Session,
    application: Application,
    facts: ApplicationFacts,
    required: Sequence[Requirement],
    *,
    actor: str,
    now: datetime,
) -> None:
    """What must be done stands open; what nothing asks for any more has ended, with what ended it."""
    session.flush()
    policy = vetting_policy(application.policy_version)
    wanted = [own_duty(duty, application) for duty in steps.duties(facts, required, policy, now)]
    ladder = pinned_followup_policy(None)
    ledger.open_duties(
        session,
        application.case_id,
        wanted,
        owned_until={d.due_at: duty_owned_until(max(d.due_at, now), ladder) for d in wanted},
        application_id=application.id,
        actor=actor,
        why="vetting asks for it",
        now=now,
    )
    keep = {(d.kind, d.key) for d in wanted}
    rows = ledger.open_of(session, application.case_id, side="vetting", application_id=application.id)
    ended = [row for row in rows if (row.kind, row.key) not in keep]
    ends = DutyEnds(session, application, facts, required, actor, now)
    if ApplicationState(application.state) in APPLICATION_OVER:
        for row in ended:
            ends.end_with_application(row)
        return
    standing = [row for row in rows if (row.kind, row.key) in keep]
    for row in ended:
        ends.end(row, standing)


def own_duty(duty: Duty, application: Application) -> Duty:
    """Two rival applications of one child have duties of the same kind: the key says whose it is."""
    return dataclasses.replace(duty, key=f"{duty.key}#{str(application.id)[:8]}")
