"""Duties of many cases at a time, opened and voided by a few statements. Their cases are locked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from integrations.store.copying import copy_rows, empty_table
from models.facts import Duty


@dataclass(frozen=True, slots=True)
class Owned:
    """A duty to be opened; `owned_until` is the last instant at which the ladder owns it."""

    duty: Duty
    owned_until: datetime
    next_at: datetime | None


class NewDuty(NamedTuple):
    """A duty to be opened on a case, under an id that is known before."""

    id: UUID
    case_id: UUID
    owned: Owned


class Planned(NamedTuple):
    """A hearing for which all the duties of a plan (its number) are to be opened."""

    hearing_id: UUID
    case_id: UUID
    plan: int


# What a duty is, whoever owes it.
_OWNED_COLUMNS = (
    *("side", "kind", "party", "key", "opens_at", "due_at", "owned_until", "next_at"),
    *("queue", "policy_version", "rule", "in_sight", "detail"),
)


def _owned_cells(owned: Owned) -> tuple[Any, ...]:
    duty = owned.duty
    return (
        *(duty.side, duty.kind, duty.party.value, duty.key, duty.opens_at, duty.due_at, owned.owned_until),
        *(owned.next_at, duty.queue, duty.policy_version, duty.rule, duty.in_sight),
        json.dumps(dict(duty.detail)),
    )


_REMEMBER_OPENED = """
INSERT INTO history (noun, row_id, old, new, actor, why, at)
SELECT 'obligation', id, NULL, 'open', :actor, :why, :now FROM unnest(CAST(:ids AS uuid[])) AS t (id)
"""


def open_new(session: Session, rows: Sequence[NewDuty], *, actor: str, why: str, now: datetime) -> None:
    """These duties stand open, none of which stood open under its key before."""
    if not rows:
        return
    columns = ("id", "case_id", *_OWNED_COLUMNS, "state", "by_closure", "created_at")
    cells = ((row.id, row.case_id, *_owned_cells(row.owned), "open", False, now) for row in rows)
    copy_rows(session, "obligation", columns, cells)
    given = {"actor": actor, "why": why, "now": now, "ids": [row.id for row in rows]}
    session.execute(text(_REMEMBER_OPENED), given)


_PLANS = (
    """
    CREATE TEMPORARY TABLE duty_plan (
        plan int, side text, kind text, party text, key text, opens_at timestamptz, due_at timestamptz,
        owned_until timestamptz, next_at timestamptz, queue text, policy_version text, rule text,
        in_sight boolean, detail jsonb
    ) ON COMMIT DROP
    """,
    "CREATE TEMPORARY TABLE hearing_planned (hearing_id uuid, case_id uuid, plan int) ON COMMIT DROP",
    # Key and detail as `followup.court.of_hearing` makes them.
    """
    WITH opened AS (
        INSERT INTO obligation (id, case_id, side, kind, party, key, opens_at, due_at, owned_until, next_at,
                                queue, policy_version, rule, in_sight, detail, state, by_closure, created_at)
        SELECT gen_random_uuid(), h.case_id, p.side, p.kind, p.party, 'h:' || h.hearing_id || '\\:' || p.key,
               p.opens_at, p.due_at, p.owned_until, p.next_at, p.queue, p.policy_version, p.rule, p.in_sight,
               jsonb_build_object('hearing_id', h.hearing_id) || p.detail, 'open', false, :now
        FROM hearing_planned h JOIN duty_plan p USING (plan)
        RETURNING id
    )
    INSERT INTO history (noun, row_id, old, new, actor, why, at)
    SELECT 'obligation', id, NULL, 'open', :actor, :why, :now FROM opened
    """,
)


def open_planned(
    session: Session,
    plans: Sequence[Sequence[Owned]],
    rows: Sequence[Planned],
    *,
    actor: str,
    why: str,
    now: datetime,
) -> None:
    """For each hearing the duties of its plan stand open, with history; none stood open for it before.

    Hearings at one hour share a plan, so PostgreSQL is told it once and makes the rows of each itself.
    """
    if not rows:
        return
    create_plans, create_planned, open_them = _PLANS
    empty_table(session, "duty_plan", create_plans)
    cells = ((number, *_owned_cells(owned)) for number, plan in enumerate(plans) for owned in plan)
    copy_rows(session, "duty_plan", ("plan", *_OWNED_COLUMNS), cells)
    empty_table(session, "hearing_planned", create_planned)
    copy_rows(session, "hearing_planned", Planned._fields, rows)
    session.execute(text(open_them), {"actor": actor, "why": why, "now": now})


_VOID = (
    "CREATE TEMPORARY TABLE duty_void (id uuid, successor_id uuid) ON COMMIT DROP",
    "SET CONSTRAINTS obligation_successor DEFERRED",
    """
    UPDATE obligation o
    SET state = 'void', successor_id = v.successor_id, reason = :why, ended_at = :now, next_at = NULL
    FROM duty_void v WHERE o.id = v.id AND o.state = 'open'
    """,
    """
    INSERT INTO history (noun, row_id, old, new, actor, why, at)
    SELECT 'obligation', id, 'open', 'void', :actor, :why, :now FROM duty_void
    """,
)


def void_many(
    session: Session, pairs: Sequence[tuple[UUID, UUID]], *, actor: str, why: str, now: datetime
) -> None:
    """Each duty is void for the one in its place, which may be opened after it in the same transaction."""
    if not pairs:
        return
    create, defer, void, remember = _VOID
    empty_table(session, "duty_void", create)
    copy_rows(session, "duty_void", ("id", "successor_id"), pairs)
    session.execute(text(defer))
    session.execute(text(void), {"why": why, "now": now})
    session.execute(text(remember), {"actor": actor, "why": why, "now": now})
