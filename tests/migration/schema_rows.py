"""One more row in every table of whatever schema a database has, by reflection and raw SQL.

The schema at an old revision is not the models', so nothing of the models is used here.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, inspect, text

_serial = itertools.count(1)
NOW = "2026-02-02T15:00:00+00:00"
SKIPPED = frozenset({"alembic_version"})
# Where a word or a moment of its own is not enough for the table's CHECKs.
SPECIAL: Mapping[tuple[str, str], Any] = {
    ("evidence", "kind"): "check",
    ("evidence", "row_id"): str(UUID(int=1)),
    ("address", "dwelling_key"): b"home",  # without one it is nobody's home
    ("address", "building_key"): b"house",
    ("message", "not_after"): "2026-02-03T15:00:00+00:00",
    ("obligation", "side"): "followup",  # the kind found in a CHECK is one to speak with somebody
    ("manual_item", "item"): "in_person_identity",
    ("interview", "party"): "sponsor",  # of a child it is said whether it was alone
    ("link", "about"): "",  # only a picture's says which
    ("environment", "singleton"): True,
    ("lost_act", "act"): "record",
    ("lost_act", "outcome"): "found",
    ("lost_act", "spoke_with"): "nobody",  # of the child it is said whether it was alone
    ("child_case", "origin"): "roster",  # of a packet's case more is known
    ("child_case", "court_status"): "unknown",  # of any other it is said since when
    ("court_look", "source"): "feed",  # any other look is a person's
    ("hearing_record", "source"): "feed",
    ("on_call", "rung"): 1,
    ("on_call", "ends_at"): "2026-02-03T15:00:00+00:00",
    ("snooze", "until"): "2026-02-03T15:00:00+00:00",
    ("case_opening", "ends_at"): "2026-02-03T15:00:00+00:00",
    ("page", "state"): "nobody",  # without a person nothing else
    ("paging", "next_at"): NOW,  # it goes on
}
# A second row of the parent: what the two name must not be the same.
ANOTHER = {
    ("person_merge", "other_application_id"): "application",
    ("paging", "inbound_id"): "inbound_text",  # it is about one of two things
}
ONE_ROW_ONLY = frozenset({"environment"})
_WORDS = re.compile(r"(\w+)\)?(?:::text)? = ANY \(+ARRAY\['([^']*)'")

Row = dict[str, Any]


@dataclass(frozen=True)
class _Schema:
    """What the server says of each table, asked once for all of them: one by one costs many times more."""

    columns: Mapping[str, list[Any]]
    foreign_keys: Mapping[str, list[Any]]
    checks: Mapping[str, list[Any]]

    @classmethod
    def of(cls, connection: Connection) -> _Schema:
        inspector = inspect(connection)

        def by_table(found: Mapping[Any, Any]) -> dict[str, list[Any]]:
            return {name: rows for (_, name), rows in found.items() if name not in SKIPPED}

        return cls(
            by_table(inspector.get_multi_columns()),
            by_table(inspector.get_multi_foreign_keys()),
            by_table(inspector.get_multi_check_constraints()),
        )


def insert_one_of_each(connection: Connection) -> None:
    """One more row in every table, whatever it needs beside it."""
    schema = _Schema.of(connection)
    made: dict[str, Row] = {}
    for table in _parents_first(schema):
        if table in ONE_ROW_ONLY and connection.execute(text(f"SELECT 1 FROM {table}")).first():
            continue
        made[table] = _insert(connection, schema, table, made)


def all_rows(connection: Connection) -> dict[str, list[Row]]:
    """Every row of every table, as JSON values."""
    tables = [name for name in inspect(connection).get_table_names() if name not in SKIPPED]
    found: dict[str, list[Row]] = {table: [] for table in tables}
    if tables:
        each = (f"SELECT '{table}', to_jsonb(t)::text FROM {table} t" for table in tables)
        for table, row in connection.execute(text(" UNION ALL ".join(each))):
            found[table].append(json.loads(row))
    return found


def lost(before: Mapping[str, list[Row]], after: Mapping[str, list[Row]]) -> list[str]:
    """The tables in which a row of `before` is not found any more, columns that both have compared."""
    return [
        table for table, rows in before.items() if not all(_stands(row, after.get(table, [])) for row in rows)
    ]


def _stands(row: Row, rows: Iterable[Row]) -> bool:
    return any(all(other[name] == row[name] for name in row.keys() & other.keys()) for other in rows)


def _parents_first(schema: _Schema) -> Iterator[str]:
    waiting = sorted(schema.columns)
    done: set[str] = set()
    while waiting:
        ready = [t for t in waiting if _parents(schema, t) <= done | {t}]
        assert ready, f"these tables need each other: {waiting}"
        yield from ready
        done.update(ready)
        waiting = [table for table in waiting if table not in done]


def _parents(schema: _Schema, table: str) -> set[str]:
    """The tables that a row of this one can't be without."""
    needed = {c["name"] for c in schema.columns[table] if not c["nullable"]}
    return {
        key["referred_table"]
        for key in schema.foreign_keys.get(table, ())
        if needed.issuperset(key["constrained_columns"])
    }


def _insert(connection: Connection, schema: _Schema, table: str, made: Mapping[str, Row]) -> Row:
    parents = {
        column: made[key["referred_table"]][referred]
        for key in schema.foreign_keys.get(table, ())
        for column, referred in zip(key["constrained_columns"], key["referred_columns"], strict=True)
        if key["referred_table"] in made
    }
    words = dict(
        found for check in schema.checks.get(table, ()) for found in _WORDS.findall(check["sqltext"])[:1]
    )
    columns = schema.columns[table]
    kinds = {c["name"]: c["type"].compile(connection.dialect) for c in columns}
    row: Row = {}
    for column in columns:
        name = column["name"]
        if (table, name) in SPECIAL:
            row[name] = SPECIAL[table, name]
        elif (table, name) in ANOTHER:
            row[name] = _insert(connection, schema, ANOTHER[table, name], made)["id"]
        elif not column["nullable"] and not column.get("identity") and column["default"] is None:
            row[name] = parents.get(name, words.get(name) or _value(kinds[name]))
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join(f"CAST(:{name} AS {kinds[name]})" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), row)
    return row


def _value(kind: str) -> Any:
    number = next(_serial)
    values = {
        "UUID": str(UUID(int=number)),
        "VARCHAR": f"word-{number}",
        "TEXT": f"word-{number}",
        "BYTEA": f"key-{number}".encode(),
        "TIMESTAMP WITH TIME ZONE": NOW,
        "DATE": NOW[:10],
        "BOOLEAN": False,
        "INTEGER": number,
        "BIGINT": number,
        "DOUBLE PRECISION": 0.5,
        "JSONB": '{"of": "old"}',
        "TEXT[]": ["word"],
        "BYTEA[]": [b"key"],
    }
    return values[kind]
