"""The official list of released children: what one of its rows says, and what is owed to whom it alone names.

A child whom nobody here knew has no plan yet, for nobody knows where to call. A person locates the child, or,
when the child is 18 by now, closes the case. Both stand open from the instant at which the list was read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from pydantic import ValidationError

from followup.accounting import LOST_REVIEW_WITHIN
from followup.calendar import eighteenth_birthday, local_day, zone_named
from followup.cells import a_number_in, day_in, holds, text_in
from followup.plan import CLOSURE_REVIEW
from followup.policy import newest, review_of
from models.errors import BadInput, Problem
from models.facts import Duty
from models.followup_policy import FollowupPolicy
from models.roster import BadRow, RosterDutyKind, RosterRow, RosterRules
from models.states import CaseState, Party

COLUMNS = ("a_number", "date_of_birth", "released_on", "reference")
LOCATE_CHILD: RosterDutyKind = "locate_child"
CONFIRM_RELEASE: RosterDutyKind = "confirm_release"
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{2,63}")


def parse_roster_rules(text: str) -> RosterRules:
    """The rules that this TOML text holds.

    Raises:
        BadInput: they are not whole, or give so much time that a child would fall out of sight meanwhile.
    """
    try:
        rules = RosterRules.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as err:
        raise BadInput(Problem("roster rules", "wrong_value", f"{err}.", "See models/roster.py.")) from None
    zone_named(rules.zone.zone)
    for line in rules.duties:
        if timedelta(hours=line.within_hours) > LOST_REVIEW_WITHIN:
            raise BadInput(
                Problem(
                    f"duties[{line.rule}]",
                    "wrong_value",
                    "A child without contact is looked for within the week.",
                    "Give it 168 hours or less.",
                )
            )
    return rules


def parse_row(line: int, cells: Mapping[str, object], today: date) -> RosterRow | BadRow:
    """What one row of the list says, or all that is wrong with it. No problem quotes what stands in a cell.

    `today`: the latest day that a release can have been on.
    """
    problems: list[Problem] = []
    a_number = a_number_in(cells, problems)
    born_on = day_in(cells, "date_of_birth", today, problems)
    released_on = day_in(cells, "released_on", today, problems)
    reference = _reference(cells, a_number, problems)
    if born_on and released_on and born_on > released_on:
        problems.append(
            Problem("released_on", "before_birth", "The release lies before the birth.", "Check both dates.")
        )
    if problems or a_number is None or born_on is None or released_on is None or reference is None:
        return BadRow(line, tuple(problems), reference, a_number)
    return RosterRow(line, reference, released_on, a_number, born_on)


def _reference(cells: Mapping[str, object], a_number: str | None, problems: list[Problem]) -> str | None:
    text = text_in(cells, "reference", problems)
    if text is None:
        return None
    if _REFERENCE.fullmatch(text) is None:
        problems.append(
            Problem(
                "reference",
                "wrong_value",
                "This is not a reference.",
                "Use 3 to 64 letters, digits, dots, slashes, dashes or underscores.",
            )
        )
        return None
    # References are shown, logged and typed; an A-number is not.
    if holds(text, a_number):
        problems.append(
            Problem(
                "reference",
                "holds_the_a_number",
                "The reference holds the child's A-number, and references are shown openly.",
                "Give the row a reference of another kind.",
            )
        )
        return None
    return text


def first_duty(born_on: date, rules: RosterRules, policy: FollowupPolicy, now: datetime) -> Duty:
    """What is owed, from `now`, to a child who is known from the list alone: to be located.

    Whoever is 18 by now is no child any more; a person looks, and closes the case.
    """
    if local_day(now, rules.zone.zone) >= eighteenth_birthday(born_on):
        line = review_of(policy, CLOSURE_REVIEW)
        return Duty(
            kind=CLOSURE_REVIEW,
            party=Party.CASE,
            key="turned-18",
            opens_at=now,
            due_at=now + timedelta(hours=line.within_hours),
            queue=line.queue,
            rule=line.rule,
            policy_version=policy.version,
            in_sight=True,
        )
    return _duty(LOCATE_CHILD, "roster", rules, now)


def confirm_release(released_on: date, rules: RosterRules, now: datetime) -> Duty:
    """The list says that a child was released who is still in care here: a person says which is true."""
    return _duty(CONFIRM_RELEASE, f"roster-{released_on.isoformat()}", rules, now)


def _duty(kind: RosterDutyKind, key: str, rules: RosterRules, now: datetime) -> Duty:
    line = rules.duty(kind)
    return Duty(
        kind=kind,
        party=Party.CASE,
        key=key,
        opens_at=now,
        due_at=now + timedelta(hours=line.within_hours),
        queue=line.queue,
        rule=line.rule,
        policy_version=rules.version,
        in_sight=True,
    )


def begins_as(released_at: datetime, due_at: datetime, policy: FollowupPolicy) -> CaseState:
    """The state in which a case begins that is known from the list alone.

    Nobody is known to have spoken with the child since the release. Where that is longer ago than the policy
    lets a child be silent, the contact is lost, and the case says so from its first hour.
    """
    heard_until = released_at + timedelta(days=policy.silence.max_silence_days)
    return CaseState.IN_FOLLOW_UP if due_at <= heard_until else CaseState.LOST_CONTACT


def policy_then(in_use: Sequence[FollowupPolicy], released_on: date) -> FollowupPolicy:
    """The version that was in force at the release; of a release before all of them, the oldest."""
    before = [policy for policy in in_use if policy.effective_from <= released_on]
    if before:
        return newest(before)
    first = min(policy.effective_from for policy in in_use)
    return newest([policy for policy in in_use if policy.effective_from == first])
