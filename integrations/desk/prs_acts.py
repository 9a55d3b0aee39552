"""The level of a child's post-release services, changed by a named person; only what is open is planned anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from followup.prs import rules_of
from integrations.desk.prs import keep_prs, open_services
from integrations.desk.sight import plan_facts
from integrations.kit import Kit
from integrations.policies import pinned_followup_policy
from integrations.store import history, ledger
from integrations.store.cases import find_case
from integrations.store.staff import record_act, require_role
from models.errors import BadInput, Problem, Refused
from models.facts import Person
from models.states import FOLLOWED, PrsLevel, Role
from models.tables.ledger import Obligation
from models.tables.people import Case

_ORDER = (PrsLevel.ONE, PrsLevel.TWO, PrsLevel.THREE)


def set_level(
    kit: Kit, case_key: str, person: Person, *, level: PrsLevel, reason: str, now: datetime
) -> UUID:
    """The child's services are on this level from now on. Only what is still open is planned anew.

    Raises:
        BadInput: no reason. Refused: services that the law wants can't be lowered; wrong role; no change.
    """
    if not reason.strip():
        raise BadInput(Problem("--reason", "missing", "Say why the level changes.", "Add --reason TEXT."))
    with kit.transaction() as session:
        case = find_case(session, case_key, lock=True)
        old = PrsLevel(case.prs_level or PrsLevel.ONE)
        role = require_role(person, *_who_may(old, level))
        _refuse(case, old, level)
        record_act(session, case.id, person, role, now=now)
        before = open_services(session, case)
        case.prs_level, case.prs_since = level.value, now
        session.add(case)
        history.record(
            session,
            case,
            old=f"services level {old}",
            new=f"services level {level}",
            actor=str(person.id),
            why=reason,
            now=now,
        )
        session.flush()
        keep_prs(session, case, plan_facts(kit, session, case), actor=str(person.id), why=reason, now=now)
        _void_what_is_over(session, case, before, person, reason, now=now)
        return case.id


def _who_may(old: PrsLevel, new: PrsLevel) -> tuple[Role, ...]:
    """More help is a case manager's word; less is a supervisor's."""
    less = old in _ORDER and new in _ORDER and _ORDER.index(new) < _ORDER.index(old)
    return (Role.SUPERVISOR,) if less else (Role.CASE_MANAGER, Role.SUPERVISOR)


def _refuse(case: Case, old: PrsLevel, new: PrsLevel) -> None:
    if case.state not in FOLLOWED:
        raise Refused("not_in_follow_up", f"this case is {case.state}, not in follow-up")
    if old == new:
        raise Refused("not_reviewable", f"the services of this child are on level {new} already")
    if old == PrsLevel.TVPRA:
        raise Refused(
            "statutory",
            "the law wants these services until the child is 18, has status or departs",
            ["a closure with one of these reasons"],
        )
    if new == PrsLevel.TVPRA:
        raise Refused(
            "not_by_choice",
            "services under the law follow from a home study under the law, at the release",
            ["level 3, which asks for as much"],
        )


def _void_what_is_over(
    session: Session, case: Case, before: Sequence[Obligation], person: Person, reason: str, *, now: datetime
) -> None:
    """What only the old level asked for is void; in its place stands the new level's duty, or the next look."""
    policy = pinned_followup_policy(case.followup_policy)
    goes_on = {rule.rule for rule in rules_of(policy, PrsLevel(case.prs_level or PrsLevel.ONE))}
    over = [duty for duty in before if duty.rule not in goes_on]
    if not over:
        return
    stays = [d for d in open_services(session, case) if d.rule in goes_on]
    looks = [d for d in ledger.open_of(session, case.id, in_sight=True) if d not in over]
    successor = (stays or looks)[0]
    ledger.void_all_for(
        session, [(duty, successor.id) for duty in over], actor=str(person.id), why=reason, now=now
    )
