"""The supervisor's board: duties of today, ages of concerns, who carries what, and when children were last heard.

Each part is one statement that says of every row in which box it lies. A number counts the rows of a box, and the list
behind it is those rows: the two can't differ. The rows are counted office by office, so that one tally is everybody's board.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlmodel import Session

from followup.calendar import local_day, local_instant
from integrations.desk.behind import Behind, listing, read
from integrations.kit import Kit
from integrations.store.scope import CASE_IN_SCOPE, IN_SCOPE, seen_offices
from integrations.zones import FALLBACK
from models.errors import NotFound
from models.states import FOLLOWED

Part = Literal["duties", "concerns", "caseloads", "last_contact"]
NOBODY = "nobody"
_FOLLOWED = ", ".join(f"'{state.value}'" for state in FOLLOWED)
# Ages in hours, up to and without; the last has no end. Ours: no source names bands.
CONCERN_BANDS = (24, 72, 168, 336)
CONTACT_BANDS = (30 * 24, 60 * 24, 90 * 24, 120 * 24)


def _band(at: str, hours: Sequence[int]) -> str:
    """SQL that says in which of the bands the age of `at` lies: 0 is the youngest."""
    cases = " ".join(f"WHEN {at} > :now - interval '{h} hours' THEN '{n}'" for n, h in enumerate(hours))
    return f"CASE {cases} ELSE '{len(hours)}' END"


# Each: the case, three words that name the box (the last may be empty), whom or what it is about, and since when.
_ROWS: Mapping[Part, str] = {
    "duties": """
        SELECT o.case_id, o.queue AS a, o.kind AS b,
               CASE WHEN o.state = 'settled' THEN 'done' WHEN o.due_at < :now THEN 'overdue' ELSE 'due' END AS c,
               o.kind AS about, coalesce(o.ended_at, o.due_at) AS at
        FROM obligation o
        WHERE ((o.state = 'open' AND o.due_at < :tomorrow)
               OR (o.state = 'settled' AND o.ended_at >= :today AND o.ended_at < :tomorrow))
    """,
    "concerns": f"""
        SELECT e.case_id, {_band("e.opened_at", CONCERN_BANDS)} AS a,
               CASE WHEN e.owner IS NULL THEN 'waiting' ELSE 'taken' END AS b, '' AS c,
               e.reason AS about, e.opened_at AS at
        FROM escalation e WHERE e.state <> 'resolved'
    """,
    "caseloads": f"""
        SELECT e.case_id, coalesce(e.owner::text, '{NOBODY}') AS a,
               CASE WHEN (CASE WHEN e.state = 'open' THEN e.acknowledge_by ELSE e.resolve_by END) < :now
                    THEN 'late' ELSE 'in_time' END AS b, '' AS c,
               e.reason AS about, e.opened_at AS at
        FROM escalation e WHERE e.state <> 'resolved'
    """,
    "last_contact": f"""
        SELECT c.id AS case_id,
               CASE WHEN c.last_contact_at <= c.released_at THEN 'never'
                    ELSE {_band("c.last_contact_at", CONTACT_BANDS)} END AS a,
               '' AS b, '' AS c, c.state AS about, c.last_contact_at AS at
        FROM child_case c WHERE c.state IN ({_FOLLOWED})
    """,
}
_COUNTS = {
    part: text(
        f"""SELECT k.office, a, b, c, count(*) AS n FROM ({rows}) r JOIN child_case k ON k.id = r.case_id
            GROUP BY k.office, a, b, c"""
    )
    for part, rows in _ROWS.items()
}
_BOX = """
    (CAST(:a AS text) IS NULL OR a = :a) AND (CAST(:b AS text) IS NULL OR b = :b)
    AND (CAST(:c AS text) IS NULL OR c = :c) AND at > CAST(:after AS timestamptz) AND at <= CAST(:until AS timestamptz)
"""
# Of the rows of a part those that `:office` may see.
_SEEN: Mapping[str, str] = {
    "duties": IN_SCOPE.format(case="o.case_id"),
    "concerns": IN_SCOPE.format(case="e.case_id"),
    "caseloads": IN_SCOPE.format(case="e.case_id"),
    "last_contact": CASE_IN_SCOPE,
}
# The list of each part: of all offices, and of one.
_LISTS: Mapping[str, tuple[TextClause, TextClause]] = {
    part: (listing(rows, _BOX), listing(f"{rows} AND {_SEEN[part]}", _BOX, of_office=True))
    for part, rows in _ROWS.items()
}


def _bands_of(hours: Sequence[int]) -> frozenset[str]:
    return frozenset(map(str, range(len(hours) + 1)))


# The words that a box may be named by; what is not here (teams, kinds, people) is looked up.
_KNOWN: Mapping[str, Mapping[str, frozenset[str]]] = {
    "duties": {"c": frozenset({"due", "done", "overdue"})},
    "concerns": {"a": _bands_of(CONCERN_BANDS), "b": frozenset({"waiting", "taken"})},
    "caseloads": {"b": frozenset({"late", "in_time"})},
    "last_contact": {"a": _bands_of(CONTACT_BANDS) | {"never"}},
}
_HAS_DUTIES = text(
    """
    SELECT CAST(:a AS text) IS NULL AND CAST(:b AS text) IS NULL
        OR EXISTS (SELECT 1 FROM obligation WHERE (CAST(:a AS text) IS NULL OR queue = :a)
                   AND (CAST(:b AS text) IS NULL OR kind = :b))
    """
)
_PEOPLE = text("SELECT id::text AS id, display_name FROM staff WHERE id = ANY(CAST(:ids AS uuid[]))")


# Of each part, the counts: an office (or none), the three words of a box, how many rows. JSON, for it is kept.
Tally = Mapping[str, Sequence[Sequence[Any]]]


def take_tally(session: Session, *, now: datetime) -> Tally:
    """Every number of the board, office by office."""
    given = _today(now)
    return {part: [list(row) for row in session.execute(count, given)] for part, count in _COUNTS.items()}


def board_json(session: Session, tally: Tally, *, office: str | None = None) -> dict[str, Any]:
    """Every number of the board, as `kinline oversight` tells them; with `office`, of the cases that it sees.

    `duties`: by team (queue) and kind, what is still due today, done today and overdue; a day is one in the zone that
    stands in for an unknown one. `concerns`: escalations that are not resolved by age (`under_hours` null: no
    end), `waiting` for somebody or `taken`. `caseloads`: those by their owner (`id` and name, or nobody). `last_contact`:
    followed children by the hours since a person last heard them; `never` since the release.
    """
    seen = seen_offices(session, office)
    duties, concerns, caseloads, contacts = (_summed(tally[part], seen) for part in _ROWS)
    return {
        "duties": _duties(duties),
        "concerns": [
            {
                "band": str(n),
                "over_hours": low,
                "under_hours": high,
                "waiting": concerns[str(n), "waiting", ""],
                "taken": concerns[str(n), "taken", ""],
            }
            for n, low, high in _bands(CONCERN_BANDS)
        ],
        "caseloads": _caseloads(session, caseloads),
        "last_contact": [
            {"band": band, "over_hours": low, "under_hours": high, "children": contacts[band, "", ""]}
            for band, low, high in (
                *((str(n), low, high) for n, low, high in _bands(CONTACT_BANDS)),
                ("never", None, None),
            )
        ],
    }


def _summed(counts: Sequence[Sequence[Any]], seen: frozenset[str] | None) -> Counter[tuple[str, str, str]]:
    """The rows of each box; `seen`: of these offices, and of none."""
    found: Counter[tuple[str, str, str]] = Counter()
    for office, a, b, c, rows in counts:
        if seen is None or office is None or office in seen:
            found[a, b, c] += rows
    return found


Box = tuple[str | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class BoardList:
    """The rows behind one number; `name`: of the person whose they are, where the box is one person's."""

    behind: Behind
    name: str | None


def behind(
    kit: Kit,
    part: str,
    box: Box,
    *,
    page: int,
    office: str | None = None,
    now: datetime,
    kept: Tally | None = None,
) -> BoardList:
    """One page of the list behind a number of the board. `box`: the words of its box; None takes every one.

    `kept`: the tally of a little while ago, whose count of the box holds.

    Raises:
        NotFound: the board has no such part, or no such box.
    """
    if part not in _LISTS:
        raise NotFound("part of the board", part)
    given = dict(zip("abc", box, strict=True))
    for place, known in _KNOWN[part].items():
        if given[place] is not None and given[place] not in known:
            raise NotFound("number of the board", part)
    with kit.transaction() as session:
        name = None
        if part == "duties" and not session.execute(_HAS_DUTIES, given).scalar_one():
            raise NotFound("number of the board", part)
        if part == "caseloads" and given["a"] not in (None, NOBODY):
            name = _name(session, str(given["a"]))
        counted = None
        if kept is not None:
            boxes = _summed(kept[part], seen_offices(session, office)).items()
            counted = sum(n for words, n in boxes if _is_in(words, box))
        asked = {**given, "office": office, **_today(now), **_span(part, box, now)}
        rows = read(session, _LISTS[part][office is not None], asked, page=page, known=counted)
        return BoardList(rows, name)


def _is_in(words: tuple[str, str, str], box: Box) -> bool:
    return all(asked in (None, word) for word, asked in zip(words, box, strict=True))


def _span(part: str, box: Box, now: datetime) -> dict[str, str]:
    """Between which instants the rows of the box lie, for the index to find them by; else all of time."""
    after, until = "-infinity", "infinity"
    if part == "last_contact" and box[0] not in (None, "never"):
        _, low, high = _bands(CONTACT_BANDS)[int(str(box[0]))]
        until = (now - timedelta(hours=low)).isoformat() if low else until
        after = (now - timedelta(hours=high)).isoformat() if high else after
    return {"after": after, "until": until}


def _name(session: Session, owner: str) -> str:
    try:
        found = session.execute(_PEOPLE, {"ids": [str(UUID(owner))]}).one_or_none()
    except ValueError:
        found = None
    if found is None:
        raise NotFound("person", "")
    return str(found.display_name)


def _today(now: datetime) -> dict[str, datetime]:
    day = local_day(now, FALLBACK)
    ends = (local_instant(one, time(), FALLBACK) for one in (day, day + timedelta(days=1)))
    today, tomorrow = ends
    return {"now": now, "today": today, "tomorrow": tomorrow}


def _bands(hours: Sequence[int]) -> list[tuple[int, int, int | None]]:
    return list(zip(range(len(hours) + 1), (0, *hours), (*hours, None), strict=True))


def _duties(counts: Mapping[tuple[str, str, str], int]) -> list[dict[str, Any]]:
    """The teams and kinds of which anything is due, done or late, those with the most late ones first."""
    boxes = sorted({(team, kind) for team, kind, _ in counts})
    rows = [
        {
            "team": team,
            "kind": kind,
            **{how: counts.get((team, kind, how), 0) for how in ("due", "done", "overdue")},
        }
        for team, kind in boxes
    ]
    return sorted(rows, key=lambda row: (-row["overdue"], -row["due"], row["team"], row["kind"]))


def _caseloads(session: Session, counts: Mapping[tuple[str, str, str], int]) -> list[dict[str, Any]]:
    owners = sorted({owner for owner, _, _ in counts if owner != NOBODY})
    names = {row.id: row.display_name for row in session.execute(_PEOPLE, {"ids": owners})}
    rows = [
        {
            "owner": owner,
            "name": names.get(owner),
            **{how: counts.get((owner, how, ""), 0) for how in ("late", "in_time")},
        }
        for owner in (NOBODY, *owners)
    ]
    return sorted(rows, key=lambda row: (row["owner"] != NOBODY, -row["late"], -row["in_time"], row["owner"]))
