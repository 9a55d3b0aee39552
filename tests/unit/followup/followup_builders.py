"""The dull case, for every test of the follow-up room. No file but the room's own is read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from followup.catalog import Catalog, parse_catalog
from followup.policy import parse_followup_policy, procedures_named
from followup.reply_words import Lexicon, Words, lexicon, parse_words
from models.contacts import CallOutcome, Channel
from models.facts import (
    AttemptFacts,
    CallRecord,
    ChildInSight,
    EscalationFacts,
    NumberFacts,
    ObligationFacts,
    ReleaseFacts,
)
from models.followup_policy import FollowupPolicy
from models.states import CaseState, Party

ROOM = Path(__file__).parents[3] / "followup"
NEW_YORK, CHICAGO, PHOENIX, HAWAII = (
    "America/New_York",
    "America/Chicago",
    "America/Phoenix",
    "Pacific/Honolulu",
)


def policy_text(version: str = "swb-2024r3") -> str:
    return (ROOM / "policies" / f"{version}.toml").read_text(encoding="utf-8")


def procedures_text(version: str = "swb-2024r3") -> str:
    named = procedures_named(policy_text(version))
    return (ROOM / "procedures" / f"{named}.toml").read_text(encoding="utf-8") if named else ""


def a_policy(version: str = "swb-2024r3") -> FollowupPolicy:
    return parse_followup_policy(policy_text(version), procedures_text(version))


POLICY = a_policy()


def a_catalog(language: str) -> Catalog:
    return parse_catalog((ROOM / "messages" / f"{language}.toml").read_text(encoding="utf-8"))


def words_files() -> list[Words]:
    return [parse_words(path.read_text(encoding="utf-8")) for path in sorted((ROOM / "words").glob("*.toml"))]


@cache
def a_lexicon(language: str) -> Lexicon:
    return lexicon(language, words_files())


def an_id(n: int) -> UUID:
    return UUID(int=n)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_release(**changes: Any) -> ReleaseFacts:
    """Monday 2 February 2026, noon in Chicago; the child is 15, everybody takes texts."""
    facts: dict[str, Any] = {
        "case_id": an_id(1),
        "released_at": utc("2026-02-02T18:00"),
        "turns_18_on": date(2029, 1, 1),
        "zone": CHICAGO,
        "child_has_number": True,
        "text_consent": frozenset({Party.CHILD, Party.SPONSOR}),
    }
    return ReleaseFacts(**facts | changes)


def a_duty(**changes: Any) -> ObligationFacts:
    """The child's call of day 7, open since Wednesday 11 February 2026, 09:00 in Chicago."""
    facts: dict[str, Any] = {
        "id": an_id(2),
        "case_id": an_id(1),
        "kind": "welfare_call",
        "party": Party.CHILD,
        "key": "day-7",
        "opens_at": utc("2026-02-11T15:00"),
        "due_at": utc("2026-02-19T03:00"),
        "queue": "rota",
        "in_sight": True,
        "policy_version": "swb-2024r3",
    }
    return ObligationFacts(**facts | changes)


def a_number(n: int = 10, **changes: Any) -> NumberFacts:
    facts: dict[str, Any] = {
        "id": an_id(n),
        "party": Party.CHILD,
        "role": "party",
        "language": "es",
        "texts": True,
    }
    return NumberFacts(**facts | changes)


def an_attempt(step: int, at: str, channel: Channel = Channel.HUMAN_CALL) -> AttemptFacts:
    return AttemptFacts(step=step, channel=channel, at=utc(at), outcome="no_answer")


def a_call(
    outcome: CallOutcome = CallOutcome.REACHED_ALONE, party: Party = Party.CHILD, **answers: Any
) -> CallRecord:
    if party == Party.CHILD and outcome in (CallOutcome.REACHED_ALONE, CallOutcome.REACHED_NOT_ALONE):
        answers = {"spoke_to": "child", "alone": outcome == CallOutcome.REACHED_ALONE} | answers
    return CallRecord(party=party, outcome=outcome, by=an_id(9), at=utc("2026-02-12T23:30"), answers=answers)


def an_escalation(**changes: Any) -> EscalationFacts:
    facts: dict[str, Any] = {
        "id": an_id(3),
        "level": 1,
        "state": "open",
        "acknowledge_by": utc("2026-02-03T00:00"),
        "resolve_by": utc("2026-02-05T00:00"),
    }
    return EscalationFacts(**facts | changes)


def a_child(now: datetime, **changes: Any) -> ChildInSight:
    facts: dict[str, Any] = {
        "case_id": an_id(1),
        "state": CaseState.IN_FOLLOW_UP,
        "last_contact_at": now - timedelta(days=10),
        "max_silence_days": 120,
    }
    return ChildInSight(**facts | changes)
