"""Homes at which unrelated children or sponsors come together: found by the rounds, judged by the integrity reviewer.

A review is owned like every duty: it is tied to the followed child who arrived there last, stands in the queue
`integrity` and climbs from there. When that case is closed the next round ties it to another child who is followed;
where no child there is, it waits in `kinline concentration list`, with its age.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from sqlmodel import Session

from followup.concentration import Gathering, gathering
from integrations.concentration_rules import concentration_rules
from integrations.desk.acting import want_reason
from integrations.desk.duties import open_many, settle_by_reading
from integrations.desk.escalations import policy_of
from integrations.kit import Kit
from integrations.store import history
from integrations.store.cases import lock_cases
from integrations.store.concentration import (
    ACTOR,
    keep,
    mark_watched,
    not_owned,
    not_watched,
    reviews_of,
    stays_of,
    take_turn,
)
from integrations.store.staff import record_act, require_role
from models.concentration import REVIEW_DUTY, ConcentrationRules, Sign
from models.errors import BadInput, NotFound, Problem, Refused
from models.facts import Duty, Person
from models.states import FOLLOWED, Party, Role
from models.tables.concentration import Concentration
from models.tables.people import Case

BATCH = 1000
TIED_AT_ONCE = 500


def watch(kit: Kit, *, whole: bool = False, now: datetime) -> dict[str, int]:
    """Every place that changed since the last look has been looked at; with `whole`, the whole history.

    Counts: `concentrations` that are new, `concentrations_again` that were reviewed and have a new child.
    Sponsors who were merged or told apart since, and new rules, are seen by the whole look alone.
    """
    counts: Counter[str] = Counter()
    if whole:
        counts.update(_whole(kit, now))
    while _watch_some(kit, counts, now) == BATCH:
        pass
    while _tie_some(kit, now) == TIED_AT_ONCE:
        pass
    return dict(+counts)


def _whole(kit: Kit, now: datetime) -> Counter[str]:
    counts: Counter[str] = Counter()
    rules = concentration_rules()
    for sign in _in_force(rules):
        with kit.transaction() as session:
            found = _gatherings(session, sign, None)
        rest = iter(found.items())
        while some := dict(islice(rest, BATCH)):
            with kit.transaction() as session:
                take_turn(session)
                _keep(session, sign, some, counts, now)
    return counts


def _watch_some(kit: Kit, counts: Counter[str], now: datetime) -> int:
    with kit.transaction() as session:
        take_turn(session)
        news = not_watched(session, limit=BATCH)
        if not news.ids:
            return 0
        for sign in _in_force(concentration_rules()):
            keys = news.dwellings if sign.by == "dwelling" else news.businesses
            if keys:
                _keep(session, sign, _gatherings(session, sign, keys), counts, now)
        mark_watched(session, news.ids, now=now)
    return len(news.ids)


def _in_force(rules: ConcentrationRules) -> Iterable[Sign]:
    return (sign for sign in rules.signs if sign.active)


def _gatherings(session: Session, sign: Sign, keys: Iterable[bytes] | None) -> dict[bytes, Gathering]:
    places = stays_of(session, sign, None if keys is None else list(keys))
    return {key: found for key, stays in places if (found := gathering(stays, sign)) is not None}


def _keep(
    session: Session, sign: Sign, found: dict[bytes, Gathering], counts: Counter[str], now: datetime
) -> None:
    if found:
        new, again = keep(session, sign, concentration_rules().version, found, now=now)
        counts["concentrations"] += new
        counts["concentrations_again"] += again


def _tie_some(kit: Kit, now: datetime) -> int:
    """Reviews that nobody owns are duties now. Returns how many there were."""
    with kit.transaction() as session:
        rows = not_owned(session, limit=TIED_AT_ONCE)
        cases = lock_cases(session, {case_id for _, case_id in rows})
        wanted = [
            (cases[case_id], _duty(cases[case_id], concentration_id, now))
            for concentration_id, case_id in rows
            if cases[case_id].state in FOLLOWED
        ]
        why = "unrelated children or sponsors come together at one home"
        open_many(session, wanted, actor=ACTOR, why=why, now=now)
        return len(rows)


def _duty(case: Case, concentration_id: UUID, now: datetime) -> Duty:
    line = concentration_rules().review
    return Duty(
        kind=REVIEW_DUTY,
        party=Party.CASE,
        key=str(concentration_id),
        opens_at=now,
        due_at=now + timedelta(hours=line.within_hours),
        queue=line.queue,
        rule=line.rule,
        policy_version=policy_of(case).version,
        in_sight=False,
        detail={"concentration": str(concentration_id)},
    )


def review(kit: Kit, concentration: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """The place was looked at by the integrity reviewer, who says what they found; its duties are settled by that.

    Raises:
        BadInput: no reason, or no id. NotFound: there is no such place. Refused: wrong role, or reviewed already.
    """
    want_reason(reason)
    concentration_id = as_id(concentration)
    with kit.transaction() as session:
        role = require_role(person, Role.INTEGRITY_REVIEWER)
        if session.get(Concentration, concentration_id) is None:
            raise NotFound("concentration", concentration)
        duties: Sequence[UUID] = [duty.case_id for duty in reviews_of(session, concentration_id)]
        lock_cases(session, duties)
        row = session.get_one(Concentration, concentration_id, with_for_update=True, populate_existing=True)
        if row.state != "open":
            raise Refused("not_open", "this place has been reviewed, and no child has arrived there since")
        row.state, row.reviewed_by, row.reviewed_at, row.reason = "reviewed", person.id, now, reason
        session.add(row)
        history.record(session, row, old="open", new="reviewed", actor=str(person.id), why=reason, now=now)
        history.audit(
            session,
            actor=str(person.id),
            act="review concentration",
            noun="concentration",
            ids=[row.id],
            now=now,
        )
        for duty in reviews_of(session, concentration_id):
            record_act(session, duty.case_id, person, role, now=now)
            settle_by_reading(kit, session, duty, row.id, person, note=reason, now=now)
        return row.id


def as_id(text: str) -> UUID:
    """The id that was typed.

    Raises:
        BadInput: it is none.
    """
    try:
        return UUID(text.strip())
    except ValueError:
        raise BadInput(
            Problem("ID", "wrong_value", "This is not an id.", "Copy it from `kinline concentration list`.")
        ) from None
