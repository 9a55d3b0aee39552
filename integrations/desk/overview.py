"""The account and the measures of oversight as pages show them: read now, or, where that takes long, a little while ago.

They count every child. The clock takes them again and again; a page shows the last ones, with their time, where taking
them anew would keep a person waiting. Commands, the API and the nightly account always read now.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from integrations.desk.behind import Behind
from integrations.desk.board import BoardList, Box, behind, board_json, take_tally
from integrations.desk.oversight import behind_measure, measure_title, oversight_json
from integrations.desk.views import account_json
from integrations.kit import Kit
from models.tables.overview import TakenOverview

# Operation, not policy. A reading faster than this is always taken anew; an older one than that is never shown.
SLOW_SECONDS = 0.05
SHOWN_FOR = timedelta(minutes=15)


def _tally(kit: Kit, *, now: datetime) -> dict[str, Any]:
    with kit.transaction() as session:
        return {"as_of": now.isoformat(), "tally": take_tally(session, now=now)}


def take_overviews(kit: Kit, *, now: datetime) -> float:
    """Each is read and kept. Returns how many seconds that took."""
    counted, board = _take(kit, "board", lambda: _tally(kit, now=now), now)
    _, account = _take(kit, "account", lambda: account_json(kit, now=now), now)
    _, oversight = _take(kit, "oversight", lambda: oversight_json(kit, tally=counted["tally"], now=now), now)
    return board + account + oversight


def _take(
    kit: Kit, name: str, read: Callable[[], dict[str, Any]], now: datetime
) -> tuple[dict[str, Any], float]:
    """What was read, and in how many seconds."""
    begun = time.perf_counter()
    told = read()
    seconds = time.perf_counter() - begun
    with kit.transaction() as session:
        session.merge(TakenOverview(name=name, as_of=now, seconds=seconds, told=told))
    return told, seconds


def account_overview(kit: Kit, *, now: datetime) -> dict[str, Any]:
    """The account of all children; its `as_of` says of when."""
    return _kept(kit, "account", now) or account_json(kit, now=now)


def oversight_overview(kit: Kit, *, office: str | None = None, now: datetime) -> dict[str, Any]:
    """The measures and the board; their `as_of` says of when. With `office`, the board of the cases that it sees."""
    kept = _kept(kit, "oversight", now)
    if kept is None:
        return oversight_json(kit, office=office, now=now)
    if office is None:
        return kept
    counted = _kept(kit, "board", now) or _tally(kit, now=now)
    with kit.transaction() as session:
        return kept | {"board": board_json(session, counted["tally"], office=office)}


def board_list(
    kit: Kit, part: str, box: Box, *, page: int, office: str | None = None, now: datetime
) -> tuple[BoardList, str]:
    """One page of the list behind a number of the board, and when its rows were counted.

    Raises:
        NotFound: the board has no such part, or no such box.
    """
    kept = _kept(kit, "board", now)
    found = behind(kit, part, box, page=page, office=office, now=now, kept=kept and kept["tally"])
    return found, kept["as_of"] if kept else now.isoformat()


@dataclass(frozen=True, slots=True)
class MeasureList:
    """The list behind a measure. `counted_at`: when its rows were counted; the rows themselves are always of now."""

    title: str
    definition: str
    behind: Behind
    counted_at: str


def measure_list(kit: Kit, name: str, *, page: int, office: str | None = None, now: datetime) -> MeasureList:
    """The rows behind one measure: one page of them.

    Raises:
        NotFound: no measure has this name.
    """
    title, definition = measure_title(name)
    overview = _kept(kit, "oversight", now)
    kept = overview and next(one for one in overview["measures"] if one["id"] == name)
    behind = behind_measure(kit, name, page=page, office=office, now=now, kept=kept)
    return MeasureList(title, definition, behind, overview["as_of"] if overview else now.isoformat())


def _kept(kit: Kit, name: str, now: datetime) -> dict[str, Any] | None:
    with kit.transaction() as session:
        row = session.get(TakenOverview, name)
        # The sandbox's clock is moved: what was taken after `now` or long before it says nothing of it.
        if row is None or row.seconds < SLOW_SECONDS or not now - SHOWN_FOR <= row.as_of <= now:
            return None
        return dict(row.told)
