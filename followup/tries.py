"""What the end of a try says of the number, and what the ladder does next: lines of the policy (`tries`)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache

from followup.calendar import in_quiet_hours
from followup.policy import in_force
from models.contacts import TryEnd
from models.facts import AttemptFacts
from models.followup_policy import FollowupPolicy, TryRule
from models.states import Party


def try_rule(policy: FollowupPolicy, end: TryEnd) -> TryRule:
    """What follows from this end under this policy."""
    return next((line for line in in_force(policy.tries) if line.end == end), None) or _before_the_table(end)


def duties_opened(rule: TryRule, party: Party) -> tuple[str, ...]:
    """The kinds of duty that open when a try on a number of this party has ended like this."""
    return rule.opens + (rule.opens_for_child if party == Party.CHILD else ())


def once_more(
    attempts: Sequence[AttemptFacts], policy: FollowupPolicy, zone: str
) -> tuple[TryRule, AttemptFacts, datetime] | None:
    """That the last try is to be made once more, and when; None: the ladder takes its next step.

    Not in quiet hours: then the next step comes sooner, on another day.
    """
    last = max(attempts, key=lambda a: a.at, default=None)
    rule = None if last is None else _rule_of(last, policy)
    if last is None or rule is None or rule.then == "next_step":
        return None
    made = sum(a.step == last.step and a.outcome == last.outcome for a in attempts)
    at = last.at + timedelta(minutes=rule.after_minutes)
    if made > rule.at_most or in_quiet_hours(at, (zone,), policy.quiet):
        return None
    return rule, last, at


def _rule_of(attempt: AttemptFacts, policy: FollowupPolicy) -> TryRule | None:
    """The line of this try's end; None where it is under way, or reached somebody."""
    with suppress(ValueError):
        return try_rule(policy, TryEnd(attempt.outcome))
    return None


_OLDER: dict[TryEnd, dict[str, object]] = {
    TryEnd.OUT_OF_SERVICE: {"number": "no_use", "opens": ("find_number",)},
    TryEnd.WRONG_NUMBER: {
        "number": "no_use",
        "opens": ("find_number",),
        "opens_for_child": ("review_stop",),
    },
    TryEnd.LANDLINE: {"number": "no_texts"},
    TryEnd.INVALID: {"number": "no_texts", "opens": ("find_number",)},
    TryEnd.STOPPED: {"number": "no_texts", "opens_for_child": ("review_stop",)},
}


@cache
def _before_the_table(end: TryEnd) -> TryRule:
    """What held for versions that are older than the table: the cases under them go on by it."""
    return TryRule.model_validate(
        {
            "rule": f"TRY-{end.value.upper().replace('_', '-')}",
            "source": "ours, unreviewed",
            "unverified": True,
            "end": end,
            **_OLDER.get(end, {}),
        }
    )
