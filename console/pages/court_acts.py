"""What people write down about a child's case in court, each by the same function as its command."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from console.pages.act_forms import ActForm, Box, Filled
from console.pages.wording import words
from integrations.court_list import courts
from integrations.desk import attendance, calendar, court
from integrations.desk.court_dates import NamedHearing, said_key
from integrations.desk.duties import DOERS
from models.court import COMING
from models.court_status import Attendance, CourtSource, CourtStatus, Going
from models.errors import BadInput, Problem
from models.states import FOLLOWED, Party

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


_STATUS = Box(
    "status",
    "choice",
    "Where the case stands in court",
    "No hearing found is no proof that all is well.",
    options=tuple((status.value, words(f"court_{status.value}")) for status in CourtStatus),
    problem="--status",
    nothing="Say where the case stands.",
)
_SAID = Box("said", "area", "What it said, word for word", "It is sealed.", must=False, problem="--said")
_AT = Box(
    "next_hearing",
    "moment",
    "A hearing that it names",
    "Day and hour by the clock of that court, as 2026-02-02 09:00.",
    must=False,
    problem="--next-hearing",
)
_COURT = Box(
    "court",
    "line",
    "The court of that hearing",
    "As the notice names it.",
    must=False,
    problem="--court",
    known=tuple(court.name for court in courts().courts),
)
_KEY = Box("hearing_key", "line", "The court's number of that hearing", must=False, problem="--hearing-key")
_ORDERED = Box(
    "ordered_on",
    "day",
    "Day of an order of removal",
    "As 2026-02-02. The time in which it can be undone is counted from it.",
    must=False,
    problem="--ordered-on",
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


def _look(filled: Filled) -> UUID:
    status, source = filled.each_of(_STATUS, _SOURCE)
    look = court.Look(
        CourtStatus(status),
        CourtSource(source),
        said=filled.text("said") or None,
        names=_named(filled),
        ordered_on=filled.find_day(_ORDERED),
    )
    return court.record_look(filled.kit, filled.key, look, filled.person, now=filled.now)


def _named(filled: Filled) -> NamedHearing | None:
    """The hearing that the look named; without the court's number it has one of our own."""
    starts_at, at_court, key = filled.find_moment(_AT), filled.text("court"), filled.text("hearing_key")
    if starts_at is None and not at_court and not key:
        return None
    missing = []
    if starts_at is None:
        missing.append(Problem(_AT.problem, "missing", "Say when this hearing is.", "Or name no hearing."))
    if not at_court:
        missing.append(Problem(_COURT.problem, "missing", "Say at which court this hearing is."))
    if starts_at is None or missing:
        raise BadInput(missing)
    return NamedHearing(starts_at, at_court, key or said_key(starts_at))


def act_on(hearing: Mapping[str, Any], case_state: str, now: datetime) -> str:
    """Which act makes sense on this hearing now: `going` before it, while the child is followed; `outcome` after it."""
    if datetime.fromisoformat(hearing["starts_at"]) > now:
        return "going" if hearing["state"] in COMING and case_state in FOLLOWED else ""
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
# About the whole case.
LOOK = ActForm(
    "A look at the court's word",
    "What you found when you looked, also that you found nothing. It settles the duty to look, and the next look is planned. A"
    " hearing that it names is put on file, and the family is told of it.",
    "Put it on record",
    DOERS,
    _look,
    (_STATUS, _SOURCE, _SAID, _AT, _COURT, _KEY, _ORDERED),
)
