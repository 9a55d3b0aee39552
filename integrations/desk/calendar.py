"""The hearings of a week, or one of them, with who has said that they will go; and what a person heard about that."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import text

from followup.calendar import zone_named
from integrations.desk.court_views import record_json
from integrations.desk.duties import DOERS
from integrations.desk.escalations import open_escalation, policy_of
from integrations.desk.instants import iso
from integrations.kit import Kit
from integrations.store import history
from integrations.store.cases import lock_case
from integrations.store.court import get_hearing, records_of
from integrations.store.scope import IN_SCOPE
from integrations.store.staff import record_act, require_role
from integrations.zones import FALLBACK
from models.court import COMING
from models.court_status import Going
from models.errors import Refused
from models.facts import Person
from models.states import FOLLOWED, Party
from models.tables.court import HearingWord

DAYS = 7
# No clock on earth is further from UTC.
_WIDEST = timedelta(hours=14)

# One statement for a page. An answer or a word about another time of the hearing says nothing about this one.
_HEARINGS = """
    SELECT h.id::text, h.case_id::text, c.state AS case_state, h.court, h.kind, h.state, h.outcome, h.starts_at,
           coalesce(h.zone, c.zone) AS zone, p.party,
           sent.at AS reminded_at, sent.state AS reminder, reply.meaning, reply.at AS replied_at,
           said.word, said.at AS said_at
    FROM hearing h
    JOIN child_case c ON c.id = h.case_id
    CROSS JOIN (VALUES ('child'), ('sponsor')) AS p (party)
    LEFT JOIN LATERAL (
        SELECT coalesce(m.accepted_at, m.claimed_at) AS at, m.state FROM message m
        WHERE m.case_id = h.case_id AND m.to_party = p.party AND m.params ->> 'hearing_id' = h.id::text
          AND m.state IN ('accepted', 'delivered', 'unknown')
        ORDER BY m.claimed_at DESC NULLS LAST LIMIT 1
    ) sent ON true
    LEFT JOIN LATERAL (
        SELECT coalesce(r.meaning, t.meaning) AS meaning, t.at
        FROM message m
        JOIN inbound_text t ON t.message_id = m.id
        LEFT JOIN reply_reading r ON r.inbound_id = t.id
        WHERE m.case_id = h.case_id AND m.to_party = p.party AND m.params ->> 'hearing_id' = h.id::text
          AND (m.params ->> 'starts_at')::timestamptz = h.starts_at
          AND coalesce(r.meaning, t.meaning) IN ('yes', 'help')
        ORDER BY t.at DESC LIMIT 1
    ) reply ON true
    LEFT JOIN LATERAL (
        SELECT w.word, w.at FROM hearing_word w
        WHERE w.hearing_id = h.id AND w.party = p.party AND w.starts_at = h.starts_at
        ORDER BY w.at DESC LIMIT 1
    ) said ON true
"""
_WEEK = text(
    f"""{_HEARINGS}
    WHERE h.starts_at >= :first AND h.starts_at < :end AND h.state <> 'cancelled' AND c.released_at IS NOT NULL
      AND {IN_SCOPE.format(case="h.case_id")}
    ORDER BY h.starts_at, h.id, p.party
    """
)
_ONE = text(f"{_HEARINGS} WHERE h.id = :hearing")
_SAID = {Going.GOING.value: "confirmed", Going.NOT_GOING.value: "not_going", Going.NO_RIDE.value: "no_ride"}
_REPLIED = {"yes": "confirmed", "help": "needs_help"}


def week_json(
    kit: Kit, *, first: date, actor: str = "cli", office: str | None = None, now: datetime
) -> dict[str, Any]:
    """Seven days of hearings from this day on, each on its day where the court is. Ids alone: nobody is named."""
    end = first + timedelta(days=DAYS)
    window = {
        "first": datetime.combine(first, time(), UTC) - _WIDEST,
        "end": datetime.combine(end, time(), UTC) + _WIDEST,
    }
    with kit.transaction() as session:
        rows = session.execute(_WEEK, window | {"office": office}).mappings().all()
        cases = [UUID(row["case_id"]) for row in rows]
        if cases:
            history.audit(session, actor=actor, act="hearings week", noun="child_case", ids=cases, now=now)
    days: dict[date, dict[str, dict[str, Any]]] = {first + timedelta(days=n): {} for n in range(DAYS)}
    for row in rows:
        zone = row["zone"] or FALLBACK
        local = row["starts_at"].astimezone(zone_named(zone))
        if local.date() in days:
            hearing = days[local.date()].setdefault(row["id"], _hearing(row, local, zone))
            hearing["parties"][row["party"]] = _party(row)
    return {
        "from": first.isoformat(),
        "until": (end - timedelta(days=1)).isoformat(),
        "as_of": iso(now),
        "days": [{"day": day.isoformat(), "hearings": list(found.values())} for day, found in days.items()],
    }


class Heard(StrEnum):
    """What is known of a hearing's family: whether somebody must help, or ask, or all is well."""

    TROUBLE = "trouble"
    UNHEARD = "unheard"
    GOING = "going"


def heard_of(hearing: Mapping[str, Any]) -> Heard:
    """Of a hearing as `week_json` tells it. One who needs help outweighs another who will go; no answer is no yes."""
    states = {told["state"] for told in hearing["parties"].values()}
    if states & {"needs_help", *_SAID.values()} - {"confirmed"}:
        return Heard.TROUBLE
    return Heard.GOING if "confirmed" in states else Heard.UNHEARD


def hearing_json(kit: Kit, hearing_id: UUID, *, actor: str, now: datetime) -> dict[str, Any]:
    """One hearing as the week has it, with its day there, and all that was said of what came of it. The look is audited.

    Raises:
        NotFound: there is none.
    """
    with kit.transaction() as session:
        case_id = get_hearing(session, hearing_id).case_id
        history.audit(session, actor=actor, act="hearing", noun="child_case", ids=[case_id], now=now)
        rows = session.execute(_ONE, {"hearing": hearing_id}).mappings().all()
        records = [record_json(o) for o in records_of(session, case_id) if o.hearing_id == hearing_id]
    zone = rows[0]["zone"] or FALLBACK
    local = rows[0]["starts_at"].astimezone(zone_named(zone))
    return _hearing(rows[0], local, zone) | {
        "day": local.date().isoformat(),
        "parties": {row["party"]: _party(row) for row in rows},
        "records": records,
    }


def _hearing(row: Mapping[Any, Any], local: datetime, zone: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "case_id": row["case_id"],
        "case_state": row["case_state"],
        "time": local.strftime("%H:%M"),
        "zone": zone,
        "starts_at": iso(row["starts_at"]),
        "court": row["court"],
        "kind": row["kind"],
        "state": row["state"],
        "outcome": row["outcome"],
        "parties": {},
    }


def _party(row: Mapping[Any, Any]) -> dict[str, Any]:
    """The newest word counts, by text or to a person. No answer is its own state, and no yes."""
    by_person = row["said_at"] is not None and (
        row["replied_at"] is None or row["said_at"] >= row["replied_at"]
    )
    if by_person:
        state, at, by = _SAID[row["word"]], row["said_at"], "person"
    elif row["replied_at"] is not None:
        state, at, by = _REPLIED[row["meaning"]], row["replied_at"], "text"
    else:
        state, at, by = "no_answer" if row["reminder"] else "not_reminded", None, None
    return {"state": state, "at": iso(at), "by": by, "last_reminder": iso(row["reminded_at"])}


def record_going(
    kit: Kit,
    hearing_id: UUID,
    party: Party,
    word: Going,
    person: Person,
    *,
    note: str | None = None,
    now: datetime,
) -> UUID:
    """Child or sponsor has said to a person whether they will go. Who can't or won't is somebody's at once.

    Returns the case.

    Raises:
        NotFound: no such hearing. Refused: wrong role, it is over or cancelled, or the case is not followed.
    """
    if party == Party.CASE:
        raise Refused("nobody_spoke", "the child or the sponsor says whether they will go")
    with kit.transaction() as session:
        case = lock_case(session, get_hearing(session, hearing_id).case_id)
        hearing = get_hearing(session, hearing_id)
        role = require_role(person, *DOERS)
        if hearing.state not in COMING or hearing.starts_at <= now:
            raise Refused("no_hearing", "this hearing is over or was cancelled: nobody will go to it")
        if case.state not in FOLLOWED:
            raise Refused("not_in_follow_up", f"this case is {case.state}")
        record_act(session, case.id, person, role, now=now)
        row = HearingWord(
            hearing_id=hearing.id,
            case_id=case.id,
            party=party.value,
            word=word.value,
            starts_at=hearing.starts_at,
            note=note,
            by_staff=person.id,
            at=now,
        )
        session.add(row)
        session.flush()
        why = "said to a person"
        history.record(session, row, old=None, new=word.value, actor=str(person.id), why=why, now=now)
        if word != Going.GOING:
            policy = policy_of(case)
            open_escalation(
                session,
                case,
                reason="needs_help_to_go",
                rule=policy.hearings.rule,
                key=f"h:{hearing.id}",
                queue=policy.hearings.queue,
                actor=str(person.id),
                now=now,
            )
        return case.id
