"""How the page of an application tells of ages, of who has a step in hand, and of what a line is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.pages.application_words import check_ages, owner_of, story_words

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
DAY = timedelta(days=1)


def aged(
    state: str, *, expires: str | None = None, due: datetime | None = None, **times: datetime
) -> tuple[str, str]:
    check = {"check_id": "c", "subject": "sponsor", "kind": "fbi_name", "jurisdiction": None}
    in_hand = [] if due is None else [{"kind": "record_check", "key": "sponsor:fbi_name", "due_at": due}]
    story = {"in_hand": in_hand, "checks": {"c": times}}
    age = check_ages({"checks": [check | {"state": state, "expires_on": expires}]}, story, NOW)["c"]
    return age.text, age.flag


@pytest.mark.parametrize(
    ("state", "given", "told"),
    [
        ("required", {}, ("Not ordered yet", "")),
        ("ordered", {"ordered_at": NOW - 2 * DAY}, ("Ordered 2 days ago", "")),
        (
            "ordered",
            {"ordered_at": NOW - 2 * DAY, "due": NOW + 3 * DAY},
            ("Ordered 2 days ago; an answer is due in 3 days", ""),
        ),
        (
            "pending",
            {"ordered_at": NOW - 9 * DAY, "due": NOW - 4 * DAY},
            ("Ordered 9 days ago; the answer is 4 days late", "Late"),
        ),
        (
            "clear",
            {"result_at": NOW - 12 * DAY, "expires": "2027-03-03"},
            ("Answered 12 days ago; good until 3 Mar 2027", ""),
        ),
        (
            "clear",
            {"result_at": NOW - 12 * DAY, "expires": "2026-03-10"},
            ("Answered 12 days ago; good until 10 Mar 2026", ""),
        ),
        (
            "expired",
            {"result_at": NOW - 99 * DAY, "expires": "2026-03-09"},
            ("Answered 99 days ago; it was good until 9 Mar 2026", "Too old"),
        ),
        ("hit_review", {"result_at": NOW - 2 * DAY}, ("Answered 2 days ago", "")),
        (
            "unreadable",
            {"result_at": NOW - 2 * DAY, "expires": "2027-01-01"},
            ("Answered 2 days ago, but could not be read", ""),
        ),
    ],
)
def test_a_check_tells_how_old_it_is(state: str, given: dict[str, Any], told: tuple[str, str]) -> None:
    assert aged(state, **given) == told


def duty(kind: str, **changes: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "key": "k",
        "since": NOW - 3 * DAY,
        "due_at": NOW + DAY,
        "taken_by": None,
        "taken_at": None,
    } | changes


@pytest.mark.parametrize(
    ("in_hand", "acted", "owner"),
    [
        ([], [], None),
        ([duty("obtain_document")], [], None),
        ([duty("decide")], [], ("", False, NOW - 3 * DAY, False)),
        ([duty("decide", due_at=NOW - DAY)], [], ("", False, NOW - 3 * DAY, True)),
        ([duty("decide")], [("supervisor", "Ruth")], ("", False, NOW - 3 * DAY, False)),
        ([duty("decide")], [("case_manager", "Ana")], ("Ana", False, NOW - 3 * DAY, False)),
        (
            [duty("decide"), duty("decide", taken_by="Ivo", taken_at=NOW - DAY)],
            [("case_manager", "Ana")],
            ("Ivo", True, NOW - DAY, False),
        ),
        ([], [("case_manager", "Ana")], ("Ana", False, None, False)),
    ],
)
def test_the_next_step_is_a_persons_where_there_is_one(
    in_hand: list[dict[str, Any]], acted: list[tuple[str, str]], owner: tuple[Any, ...] | None
) -> None:
    story = {"in_hand": in_hand, "acted": [{"role": role, "name": name} for role, name in acted]}
    found = owner_of(["decide"], ["case_manager"], story, NOW)
    assert (found and (found.name, found.taken, found.since, found.is_late)) == owner


def line(kind: str, what: str, about: str = "", reason: str | None = None, by: str | None = "Ana") -> Any:
    row = {
        "at": NOW,
        "kind": kind,
        "what": what,
        "about": about,
        "reason": reason,
        "by": by,
        "hand": "engine",
    }
    (told,) = story_words({"told": [row], "has_more": False}).newest
    return told


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (("papers", "read", "7"), "A machine read the papers: 7 papers"),
        (("papers", "read", "1"), "A machine read the papers: 1 paper"),
        (("check", "clear", "fbi_name@household:0"), "Check came back clear: FBI name check, household member 1"),
        (
            ("check", "ordered", "child_abuse_registry@sponsor@TX"),
            "Check ordered: child abuse registry check (TX), the sponsor",
        ),
        (("waiver", "approved", "proof_of_income@sponsor"), "Waiver approved: proof of income, the sponsor"),
        (("interview", "child"), "Interview with the child"),
        (("appeal", "open", "sponsor"), "Appeal of the sponsor"),
        (("appeal", "reversed", "sponsor"), "The appeal was decided: reversed"),
        (("late", "record_check", "household:1:fbi_name"), "Not done in time: Record a check's result (FBI name check, household member 2)"),
        (("late", "record_check", "sponsor:state_criminal:TX"), "Not done in time: Record a check's result (state criminal check (TX), the sponsor)"),
        (("late", "decide", "decision"), "Not done in time: Decision"),
        (("late", "record_check", "postal_service"), "Not done in time: Record a check's result"),
    ],
)  # fmt: skip
def test_what_happened_is_told_in_words(given: tuple[str, ...], text: str) -> None:
    assert line(*given).text == text


def test_late_is_said_of_what_is_open_still_and_of_what_came_late() -> None:
    still, after = line("late", "decide", reason="open"), line("late", "decide", reason="ended")
    assert [(one.late, one.still, one.reason) for one in (still, after)] == [
        (True, True, ""),
        (True, False, ""),
    ]


@pytest.mark.parametrize(
    ("by", "hand", "who"),
    [("Ana", "1f0e", "Ana"), (None, "engine", "Kinline"), (None, None, "Kinline"), (None, "cli", "The command line"), (None, "key", "A program with a key")],
)  # fmt: skip
def test_who_did_it_is_a_person_or_what_acted(by: str | None, hand: str | None, who: str) -> None:
    row = {
        "at": NOW,
        "kind": "packet",
        "what": "submitted",
        "about": "1",
        "reason": None,
        "by": by,
        "hand": hand,
    }
    assert story_words({"told": [row], "has_more": False}).newest[0].by == who


def test_a_long_story_is_folded_but_for_its_newest_lines() -> None:
    row = {
        "at": NOW,
        "kind": "concern",
        "what": "raised",
        "about": "",
        "reason": None,
        "by": "Ana",
        "hand": "x",
    }
    rows = [row | {"at": NOW + n * DAY} for n in range(40)]
    short = story_words({"told": rows[:15], "has_more": False})
    long = story_words({"told": rows, "has_more": True})
    assert (len(short.earlier), len(short.newest), short.is_cut) == (0, 15, False)
    assert (len(long.earlier), len(long.newest), long.is_cut) == (25, 15, True)


def test_what_one_hand_did_in_one_instant_is_one_line() -> None:
    def row(about: str, **changes: Any) -> dict[str, Any]:
        given = {"at": NOW, "kind": "check", "what": "ordered", "about": about, "reason": None, "by": None}
        return given | {"hand": "engine"} | changes

    told = story_words(
        {
            "told": [
                row("fbi_name@sponsor"),
                row("fbi_name@household:0"),
                row("fbi_name@sponsor"),
                row("fbi_name@sponsor", what="clear"),
                row("fbi_name@household:0", what="clear", at=NOW + DAY),
            ],
            "has_more": False,
        }
    ).newest
    assert [one.text for one in told] == [
        "Check ordered: the sponsor (FBI name check); household member 1 (FBI name check)",
        "Check came back clear: FBI name check, the sponsor",
        "Check came back clear: FBI name check, household member 1",
    ]
