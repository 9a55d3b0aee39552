"""What people write down about a child's case in court, each by the same function as its command."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from console.pages.act_forms import ActForm, Box, Filled
from integrations.desk import attendance, calendar
from integrations.desk.duties import DOERS
from models.court import COMING
from models.court_status import Attendance, CourtSource, Going
from models.states import Party

_WHO = Box(
    "party",
    "choice",
    "Who said it",
    "What one of them said says nothing of the other.",
    options=((Party.CHILD.value, "The child"), (Party.SPONSOR.value, "The sponsor")),
    problem="--party",
    nothing="Say who said it.",
)
_GOING = Box(
    "word",
    "choice",
    "What they said",
    options=(
        (Going.GOING.value, "Will go"),
        (Going.NO_RIDE.value, "Has no ride"),
        (Going.NOT_GOING.value, "Will not go"),
    ),
    problem="WORD",
    nothing="Say what they said.",
)
_NOTE = Box("note", "area", "Note", "No names. It stays in the case.", must=False, problem="--note")
_CAME_OF_IT = Box(
    "outcome",
    "choice",
    "What came of it",
    options=(
        (Attendance.ATTENDED.value, "The child was there"),
        (Attendance.MISSED.value, "The child was not there"),
        (Attendance.CONTINUED.value, "The court put it off"),
        (Attendance.UNKNOWN.value, "Nobody could say"),
    ),
    problem="OUTCOME",
    nothing="Say what came of it.",
)
_SOURCE = Box(
    "source",
    "choice",
    "Who said so",
    options=(
        (CourtSource.ACIS_WEB.value, "The court's website"),
        (CourtSource.ACIS_PHONE.value, "The court's telephone line"),
        (CourtSource.PAPER.value, "A paper of the court"),
        (CourtSource.LAWYER.value, "The lawyer"),
        (CourtSource.FAMILY.value, "The family"),
        (CourtSource.FEED.value, "The court's list"),
    ),
    problem="--source",
    nothing="Say who said so.",
)
_SHOWS = Box(
    "note",
    "area",
    "What shows it",
    "As the date of the court's paper, or what you were told. No names. It stays in the case.",
    must=False,
    problem="--note",
)
_NEXT = Box(
    "next",
    "moment",
    "When the court goes on",
    "Day and hour by the clock of that court, as 2026-02-02 09:00.",
    must=False,
    problem="--next",
)


def _going(filled: Filled) -> UUID:
    party, word = filled.each_of(_WHO, _GOING)
    return calendar.record_going(
        filled.kit,
        UUID(filled.key),
        Party(party),
        Going(word),
        filled.person,
        note=filled.text("note") or None,
        now=filled.now,
    )


def _outcome(filled: Filled) -> UUID:
    outcome, source = filled.each_of(_CAME_OF_IT, _SOURCE)
    return attendance.say_outcome(
        filled.kit,
        filled.key,
        Attendance(outcome),
        filled.person,
        source=CourtSource(source),
        note=filled.text("note") or None,
        next_at=filled.find_moment(_NEXT),
        now=filled.now,
    )


def act_on(hearing: Mapping[str, Any], now: datetime) -> str:
    """Which act makes sense on this hearing now: `going` before it, `outcome` after it; none where it won't be."""
    if datetime.fromisoformat(hearing["starts_at"]) > now:
        return "going" if hearing["state"] in COMING else ""
    return "" if hearing["state"] == "cancelled" else "outcome"


# About one hearing.
HEARING: Mapping[str, ActForm] = {
    "going": ActForm(
        "What the family said about going",
        "What they said to you, by telephone or in person. If they can't or won't go, somebody is asked to help at once.",
        "Put it on record",
        DOERS,
        _going,
        (_WHO, _GOING, _NOTE),
    ),
    "outcome": ActForm(
        "What came of the hearing",
        "If the child was not there, somebody is asked to act at once, because time may run. If nobody could say, the duty to"
        " find out stays. A later word is put beside an earlier one; both stay.",
        "Put it on record",
        DOERS,
        _outcome,
        (_CAME_OF_IT, _SOURCE, _SHOWS, _NEXT),
    ),
}
