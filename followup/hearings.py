"""The court's list of hearings: what one of its rows says, which court it names, and what it changes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from followup.calendar import zone_named
from followup.cells import a_number_in, day_in, holds, is_padded, text_in
from models.court import (
    COMING,
    PACKET,
    SAID,
    BadHearing,
    Court,
    Courts,
    HearingChange,
    HearingKind,
    HearingOutcome,
    HearingRow,
    HearingSaid,
    HearingState,
    KnownHearing,
    WholeList,
)
from models.errors import BadInput, Problem

NEEDED = ("a_number", "date_of_birth", "court", "hearing_key", "starts_at", "kind", "state")
OPTIONAL = ("outcome",)
_LONGEST = 80
_SPACE = re.compile(r"\s+")
# An instant with its offset, and where the list is kind enough, the zone's name in brackets (RFC 9557).
_INSTANT = re.compile(r"(?P<at>[^\[\]]+)(?:\[(?P<zone>[A-Za-z][A-Za-z0-9_+/-]*)\])?")
_SUFFIX = re.compile(r"\b(immigration|court|eoir|the)\b|[^a-z ]")


def parse_courts(text: str) -> Courts:
    """The list of courts that this TOML text holds.

    Raises:
        BadInput: it is not whole, names an unknown zone, or gives two courts one name.
    """
    try:
        courts = Courts.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as err:
        raise BadInput(Problem("courts", "wrong_value", f"{err}.", "See models/court.py.")) from None
    seen: set[str] = set()
    for court in courts.courts:
        zone_named(court.zone)
        for name in {place_of(name) for name in (court.name, *court.also)}:
            if not name or name in seen:
                raise BadInput(
                    Problem(
                        f"courts[{court.name}]",
                        "named_twice",
                        "Two courts have this name.",
                        "Name each of them otherwise.",
                    )
                )
            seen.add(name)
    return courts


def courts_by_name(courts: Courts) -> dict[str, Court]:
    """Each court by every name of it, as `court_named` looks for it."""
    return {place_of(name): court for court in courts.courts for name in (court.name, *court.also)}


def court_named(name: str, courts: Mapping[str, Court]) -> Court | None:
    """The court that this text names, whatever the case and with or without the words around the place."""
    return courts.get(place_of(name))


def place_of(name: str) -> str:
    """What tells one court's name from another's: without case, signs and the words that all have."""
    return " ".join(_SUFFIX.sub(" ", name.casefold()).split())


def parse_hearing(
    line: int, cells: Mapping[str, object], courts: Mapping[str, Court], now: datetime
) -> HearingRow | BadHearing:
    """What one row of the list says, or all that is wrong with it. No problem quotes what stands in a cell."""
    problems: list[Problem] = []
    a_number = a_number_in(cells, problems)
    born_on = day_in(cells, "date_of_birth", now.astimezone(UTC).date() + timedelta(days=1), problems)
    named = _short(cells, "court", a_number, problems)
    court = court_named(named, courts) if named else None
    key = _short(cells, "hearing_key", a_number, problems)
    starts = _starts(cells, problems)
    kind: HearingKind | None = _word(cells, "kind", get_args(HearingKind), problems)
    state: HearingState | None = _word(cells, "state", get_args(HearingState), problems)
    outcome: HearingOutcome | None = None
    if cells.get("outcome") not in (None, ""):
        outcome = _word(cells, "outcome", get_args(HearingOutcome), problems)
    if starts and state == "completed" and starts[0] > now:
        problems.append(
            Problem(
                "state", "not_yet", "A hearing that is still to be can't be completed.", "Check starts_at."
            )
        )
    if problems or not (a_number and born_on and named and key and starts and kind and state):
        return BadHearing(line, tuple(problems), key)
    return HearingRow(
        line=line,
        court=court.name if court else named,
        hearing_key=key,
        starts_at=starts[0],
        kind=kind,
        state=state,
        outcome=outcome if state == "completed" else None,
        padded=is_padded(cells),
        zone=court.zone if court else starts[1],
        a_number=a_number,
        born_on=born_on,
    )


def _short(
    cells: Mapping[str, object], column: str, a_number: str | None, problems: list[Problem]
) -> str | None:
    """A text that is shown openly: short, on one line, and without the child's A-number in it."""
    text = text_in(cells, column, problems)
    if text is None:
        return None
    text = _SPACE.sub(" ", text)
    if len(text) > _LONGEST or not text.isprintable():
        problems.append(
            Problem(column, "wrong_value", "This is too long to be one.", f"Use {_LONGEST} letters at most.")
        )
        return None
    if holds(text, a_number):
        problems.append(
            Problem(
                column,
                "holds_the_a_number",
                "This holds the child's A-number, and it is shown openly.",
                "Give the hearing a key of another kind.",
            )
        )
        return None
    return text


def _word(cells: Mapping[str, object], column: str, words: tuple[str, ...], problems: list[Problem]) -> Any:
    text = text_in(cells, column, problems)
    if text is None or (word := text.casefold()) in words:
        return text and word
    problems.append(
        Problem(column, "wrong_value", "This word is not known here.", f"Use one of: {', '.join(words)}.")
    )
    return None


def _starts(cells: Mapping[str, object], problems: list[Problem]) -> tuple[datetime, str | None] | None:
    """When it begins (UTC), and the zone that the row itself names, be it only by a whole-hour offset."""
    text = text_in(cells, "starts_at", problems)
    if text is None:
        return None
    found = _INSTANT.fullmatch(text)
    try:
        at = datetime.fromisoformat(found["at"].strip()) if found else None
        zone = ZoneInfo(found["zone"]) if found and found["zone"] else None
    except (ValueError, ZoneInfoNotFoundError):
        at = zone = None
    if at is not None and at.tzinfo is None and zone is not None:
        at = at.replace(tzinfo=zone)
    if at is None or at.tzinfo is None:
        problems.append(
            Problem(
                "starts_at",
                "wrong_value",
                "This is not a time with a zone.",
                "Write it as 2026-05-12T09:30-07:00.",
            )
        )
        return None
    return at.astimezone(UTC), zone.key if zone else _fixed_zone(at)


def _fixed_zone(at: datetime) -> str | None:
    """The zone of the offset that the time was written with. UTC names nobody's clock."""
    offset = at.utcoffset() or timedelta(0)
    hours, rest = divmod(int(offset.total_seconds()), 3600)
    return f"Etc/GMT{-hours:+d}" if hours and not rest and -12 <= hours <= 14 else None


def change_of(known: KnownHearing | None, row: HearingSaid) -> HearingChange:
    """What is said now does to the hearing that is known under this court and key."""
    if known is None:
        return HearingChange.ADDED
    if row.state == "cancelled":
        return HearingChange.SAME if known.state == "cancelled" else HearingChange.CANCELLED
    if row.state == "completed":
        told = row.outcome not in (None, "unknown") and row.outcome != known.outcome
        return HearingChange.COMPLETED if known.state != "completed" or told else HearingChange.SAME
    if known.state not in COMING:
        # A list that lags behind still names the hour of what is over; only another hour is news.
        stale = known.state == "completed" and row.starts_at == known.starts_at
        return HearingChange.SAME if stale else HearingChange.RESTORED
    if row.starts_at != known.starts_at:
        return HearingChange.MOVED
    told = row.kind != known.kind or known.vanished or known.source in (PACKET, SAID)
    return HearingChange.UPDATED if told else HearingChange.SAME


def is_partial(known: int, vanished: int, rule: WholeList) -> bool:
    """True when so many of the known hearings are not on the list that it can't be the whole list."""
    return known >= rule.from_known and vanished > known * rule.at_most_share
