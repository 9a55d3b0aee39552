"""The account and the measures of oversight as pages show them: read now, or, where that takes long, a little while ago.

They count every child. The clock takes them again and again; a page shows the last ones, with their time, where taking
them anew would keep a person waiting. Commands, the API and the nightly account always read now.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from integrations.desk.board import board_json
from integrations.desk.oversight import measure_json, oversight_json
from integrations.desk.views import account_json
from integrations.kit import Kit
from models.errors import NotFound
from models.tables.overview import TakenOverview

# Operation, not policy. A reading faster than this is always taken anew; an older one than that is never shown.
SLOW_SECONDS = 0.05
SHOWN_FOR = timedelta(minutes=15)
_READ: Mapping[str, Callable[..., dict[str, Any]]] = {"account": account_json, "oversight": oversight_json}


def take_overviews(kit: Kit, *, now: datetime) -> float:
    """Both are read and kept. Returns how many seconds that took."""
    whole = 0.0
    for name, read in _READ.items():
        begun = time.perf_counter()
        told = read(kit, now=now)
        seconds = time.perf_counter() - begun
        with kit.transaction() as session:
            session.merge(TakenOverview(name=name, as_of=now, seconds=seconds, told=told))
        whole += seconds
    return whole


def account_overview(kit: Kit, *, now: datetime) -> dict[str, Any]:
    """The account of all children; its `as_of` says of when."""
    return _kept(kit, "account", now) or account_json(kit, now=now)


def oversight_overview(kit: Kit, *, office: str | None = None, now: datetime) -> dict[str, Any]:
    """The measures and the board; their `as_of` says of when. The board of one office is always counted now."""
    kept = _kept(kit, "oversight", now)
    if kept is None or office is None:
        return kept or oversight_json(kit, office=office, now=now)
    with kit.transaction() as session:
        return kept | {"board": board_json(session, office=office, now=now)}


def measure_overview(kit: Kit, name: str, *, now: datetime) -> dict[str, Any]:
    """One measure.

    Raises:
        NotFound: no measure has this name.
    """
    kept = _kept(kit, "oversight", now)
    if kept is None:
        return measure_json(kit, name, now=now)
    found: dict[str, Any] | None = next((one for one in kept["measures"] if one["id"] == name), None)
    if found is None:
        raise NotFound("measure", name)
    return found


def _kept(kit: Kit, name: str, now: datetime) -> dict[str, Any] | None:
    with kit.transaction() as session:
        row = session.get(TakenOverview, name)
        # The sandbox's clock is moved: what was taken after `now` or long before it says nothing of it.
        if row is None or row.seconds < SLOW_SECONDS or not now - SHOWN_FOR <= row.as_of <= now:
            return None
        return dict(row.told)
