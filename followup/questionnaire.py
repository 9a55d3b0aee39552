"""What a call record settles, what it opens and whom it alarms. A table: the policy's `outcomes`.

Nothing settles a child's call unless a person spoke with the child.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from followup.answers import parse_answers
from followup.calendar import EVENING, local_instant
from followup.policy import outcomes_of
from models.contacts import SPOKEN, CallOutcome
from models.facts import CallRecord
from models.followup_policy import FollowupPolicy, OpensDuty, OutcomeRule
from models.reports import Recipient
from models.states import Party

__all__ = ["EscalateFor", "Opens", "Weighed", "concerns", "moved_at", "parse_answers", "weigh"]


@dataclass(frozen=True, slots=True)
class Opens:
    """A duty that the call opens, with the rule that says so.

    `recipient`: whom it reports to. `from_move`: its time runs from the move, see `moved_at`.
    """

    kind: str
    party: Party
    within_hours: int
    queue: str
    in_sight: bool
    rule: str
    recipient: Recipient | None
    from_move: bool

    def window(self, record: CallRecord, zone: str) -> tuple[datetime, datetime]:
        """When it opens and when it is due. One whose time ran from a move long ago is late at its birth."""
        begins = moved_at(record, zone) if self.from_move else record.at
        return begins, begins + timedelta(hours=self.within_hours)


@dataclass(frozen=True, slots=True)
class EscalateFor:
    """An escalation that begins at once, on this level."""

    reason: str
    rule: str
    level: int


@dataclass(frozen=True, slots=True)
class Weighed:
    """What follows from one call record. `settles`: whose call duties it settles."""

    settles: frozenset[Party]
    contact_with_child: bool
    opens: tuple[Opens, ...]
    escalate: tuple[EscalateFor, ...]
    pauses_automation: bool


Answers = Mapping[str, Any]


def _yes(answers: Answers, topic: str) -> bool:
    return bool(answers.get(topic) == "yes")


def _no(answers: Answers, topic: str) -> bool:
    return bool(answers.get(topic) == "no")


def _danger(answers: Answers) -> bool:
    return _yes(answers, "in_danger_now")


def _harm(answers: Answers) -> bool:
    """Hurt, threatened, in danger or hungry: abuse or neglect is suspected, by whoever says so."""
    return _yes(answers, "hurt_or_threatened") or _danger(answers) or _no(answers, "food")


def _help(answers: Answers) -> bool:
    """The child asks for help, says the safe word, or does not want to stay."""
    return (
        _yes(answers, "asks_for_help")
        or _yes(answers, "safe_word_used")
        or (answers.get("spoke_to") == "child" and _no(answers, "wants_to_stay"))
    )


def _trafficking(answers: Answers) -> bool:
    return _labour(answers) or _sex(answers)


def _sex(answers: Answers) -> bool:
    """Of a child one sign is enough, whether or not anybody forced it (22 USC 7102(11), from memory)."""
    return _yes(answers, "sexual_acts_for_gain")


def _labour(answers: Answers) -> bool:
    """Two signs or more of: works at night, owes money, papers held by another, not free to phone.

    Source: ours, unreviewed; topics of form R-6.
    """
    work = answers.get("work") or {}
    signs = (
        bool(work.get("works")) and work.get("hours") in ("night", "mixed"),
        bool(work.get("owes_money")) or _yes(answers, "money_owed"),
        _yes(answers, "papers_held_by_other"),
        _no(answers, "free_to_phone"),
    )
    return sum(signs) >= 2


# Every worry, most urgent first. The names are those of the policy's `outcomes` lines.
CONCERNS: tuple[tuple[str, Callable[[Answers], bool]], ...] = (
    ("concern_danger", _danger),
    ("concern_harm", _harm),
    ("concern_trafficking", _trafficking),
    ("concern_labour", _labour),
    ("concern_sex", _sex),
    ("concern_help", _help),
)
# What these outcomes open is about hearing the child: it follows from a call to the child alone.
_ABOUT_HEARING_THE_CHILD = frozenset({CallOutcome.REACHED_NOT_ALONE, CallOutcome.SPONSOR_ONLY})


def concerns(answers: Answers) -> tuple[str, ...]:
    """The worries in these answers, most urgent first."""
    return tuple(name for name, holds in CONCERNS if holds(answers))


def weigh(record: CallRecord, policy: FollowupPolicy, *, sponsor_only_before: int = 0) -> Weighed:
    """What follows from this record, by the policy's table.

    `sponsor_only_before`: how many calls for the same duty reached the sponsor alone before; from the
    second on, the line's escalation begins.
    """
    worries = concerns(record.answers)
    lines = list(_lines(record, policy))
    lines += [line for worry in worries for line in outcomes_of(policy, worry)]
    heard = _heard_child(record)
    return Weighed(
        settles=_settles(record, heard=heard),
        contact_with_child=heard,
        opens=_opens(lines),
        escalate=tuple(
            EscalateFor(line.escalate, line.rule, line.escalate_level)
            for line in lines
            if line.escalate and not _first_sponsor_only(line, sponsor_only_before)
        ),
        pauses_automation=bool(worries) or record.outcome == CallOutcome.MISSING,
    )


def moved_at(record: CallRecord, zone: str) -> datetime:
    """When they moved, as far as the answers tell: the evening of that day, and no later than the call."""
    told = record.answers.get("moved_on")
    if told is None:
        return record.at
    return min(record.at, local_instant(date.fromisoformat(told), EVENING, zone))


def _lines(record: CallRecord, policy: FollowupPolicy) -> list[OutcomeRule]:
    outcomes = [record.outcome]
    if record.outcome in _ABOUT_HEARING_THE_CHILD and record.party != Party.CHILD:
        outcomes = []
    says_elsewhere = record.outcome in SPOKEN and _no(record.answers, "lives_with_sponsor")
    says_moved = record.outcome in SPOKEN and _no(record.answers, "address_matches")
    already = {CallOutcome.NOT_LIVING_THERE, CallOutcome.MOVED, CallOutcome.MISSING}
    if record.outcome not in already and (says_elsewhere or says_moved):
        outcomes.append(CallOutcome.NOT_LIVING_THERE if says_elsewhere else CallOutcome.MOVED)
    return [line for outcome in outcomes for line in outcomes_of(policy, outcome)]


def _first_sponsor_only(line: OutcomeRule, before: int) -> bool:
    """One such call is retried in silence; the second is the supervisor's."""
    return line.outcome == CallOutcome.SPONSOR_ONLY and before < 1


def _heard_child(record: CallRecord) -> bool:
    return (
        record.party == Party.CHILD
        and record.outcome in SPOKEN
        and record.outcome not in (CallOutcome.SPONSOR_ONLY, CallOutcome.MISSING)
        and record.answers.get("spoke_to") == "child"
    )


def _settles(record: CallRecord, *, heard: bool) -> frozenset[Party]:
    if record.party == Party.CHILD:
        return frozenset({Party.CHILD}) if heard else frozenset()
    spoke = record.outcome in SPOKEN and record.answers.get("spoke_to") == "sponsor"
    return frozenset({Party.SPONSOR}) if spoke and record.party == Party.SPONSOR else frozenset()


def _opens(lines: list[OutcomeRule]) -> tuple[Opens, ...]:
    """Each kind once per party, with the shorter time."""
    found: dict[tuple[str, Party], Opens] = {}
    for line in lines:
        for duty in line.opens:
            known = found.get((duty.kind, duty.party))
            if known is None or duty.within_hours < known.within_hours:
                found[(duty.kind, duty.party)] = _opens_by(duty, line)
    return tuple(found.values())


def _opens_by(duty: OpensDuty, line: OutcomeRule) -> Opens:
    return Opens(
        duty.kind,
        duty.party,
        duty.within_hours,
        duty.queue,
        duty.in_sight,
        line.rule,
        duty.recipient,
        duty.counts_from == "move",
    )
