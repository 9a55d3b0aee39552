"""What the end of a try says of its number is kept, and a better number is asked for, as the policy has it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from followup.tries import duties_opened, try_rule
from integrations.desk.duties import open_followup, review_duty
from integrations.desk.escalations import policy_of
from integrations.store import history
from models.contacts import TryEnd
from models.followup_policy import TryRule
from models.states import FOLLOWED, Party
from models.tables.people import Case, PhoneNumber

FIND_NUMBER = "find_number"


def learn(
    session: Session,
    case: Case,
    number: PhoneNumber,
    end: TryEnd,
    *,
    actor: str,
    why: str,
    now: datetime,
    opened: Collection[str] = (),
) -> dict[str, UUID]:
    """The number is used as the policy's line of this end says, and its duties stand open.

    `opened`: kinds that something else opens already. Returns the duties of the others, by kind.
    """
    policy = policy_of(case)
    rule = try_rule(policy, end)
    _mark(session, number, rule, actor=actor, why=why, now=now)
    kinds = [kind for kind in duties_opened(rule, Party(number.party)) if kind not in opened]
    if case.state not in FOLLOWED:
        return {}
    key = str(number.id)[:8]
    duties = [review_duty(policy, kind, key=key, now=now, detail={"source": key}) for kind in kinds]
    ids = open_followup(session, case, duties, actor=actor, why=why, now=now)
    return dict(zip(kinds, ids, strict=True))


def _mark(
    session: Session, number: PhoneNumber, rule: TryRule, *, actor: str, why: str, now: datetime
) -> None:
    if rule.number == "keep":
        return
    old = _use(number)
    number.textable = False
    number.usable = number.usable and rule.number != "no_use"
    number.unusable_because = rule.end.value
    session.add(number)
    if (new := _use(number)) != old:
        history.record(session, number, old=old, new=new, actor=actor, why=why, now=now)


def _use(number: PhoneNumber) -> str:
    return "in use" if number.textable else "for calls alone" if number.usable else "of no use"
