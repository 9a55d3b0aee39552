"""One act of one named person on one application: what they act on, and how it goes on record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from integrations.desk.judging import judge_in
from integrations.desk.vetting_duties import settle_state
from integrations.kit import Kit
from integrations.policies import vetting_policy
from integrations.store import history
from integrations.store.applications import find_application, gather
from integrations.store.staff import record_act
from models.errors import BadInput, Problem
from models.facts import ApplicationFacts, Person, Requirement
from models.states import Role
from models.tables.vetting import Application
from models.vetting_policy import VettingPolicy
from vetting.completeness import requirements


class Act:
    """The application, locked; its facts; what policy asks of it. Inside one transaction."""

    def __init__(self, kit: Kit, session: Session, key: str, person: Person, now: datetime) -> None:
        self.kit, self.session, self.person, self.now = kit, session, person, now
        self.application: Application = find_application(session, key, lock=True)
        self.facts: ApplicationFacts = gather(session, kit.vault, self.application)
        self.policy: VettingPolicy = vetting_policy(self.application.policy_version)
        self.required: Sequence[Requirement] = requirements(self.facts, self.policy, now)

    @property
    def actor(self) -> str:
        return str(self.person.id)

    def done(self, role: Role, act: str, *, judge: str | None = None) -> UUID:
        """The act is on record, the findings of the step `judge` are brought up to date, and the
        application's state and duties follow from it all.

        Raises:
            Refused: this person has acted on this case in another role.
        """
        record_act(self.session, self.application.case_id, self.person, role, now=self.now)
        history.audit(
            self.session,
            actor=self.actor,
            act=act,
            noun="application",
            ids=[self.application.id],
            now=self.now,
        )
        self.session.flush()
        if judge is not None:
            judge_in(self.session, self.kit, self.application, judge, now=self.now)
        settle_state(self.session, self.kit, self.application, actor=self.actor, why=act, now=self.now)
        return self.application.id


def want_reason(reason: str) -> None:
    """Nothing, when a reason is given.

    Raises:
        BadInput: it is empty.
    """
    if not reason.strip():
        raise BadInput(Problem("--reason", "missing", "Give the reason.", "Add --reason TEXT."))
