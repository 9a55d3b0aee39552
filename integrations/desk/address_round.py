"""The homes of followed children are looked up again, month by month: what has become of them is somebody's to verify.

A batch is asked about with no transaction open, then written in one: whoever is killed in between asks about that
batch again, and about no other. One round runs at a time, wherever it was started.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col

from followup.rechecks import REFUSED, Known, Look, is_clear, look_at
from integrations.desk.concentrations import watch
from integrations.desk.duties import open_many, review_duty
from integrations.desk.escalations import policy_of
from integrations.kit import Kit
from integrations.postal.many import Pace, PostalDesk, Said
from integrations.recheck_rules import recheck_rules
from integrations.store.postal_looks import DueHome, Written, count_due, due_homes, lock_homes, write_looks
from integrations.vault import Place
from models.errors import BadInput, IntegrationError, Rejected
from models.facts import Duty
from models.rechecks import DefectLine
from models.states import FOLLOWED, ObligationState
from models.tables.base import Sealed
from models.tables.ledger import Obligation
from models.tables.people import Address, Case
from models.tables.system import History
from vetting.ports import AddressQuery

log = structlog.get_logger("kinline.address_round")
BATCH = 500
ACTOR = "engine:address"
VERIFY = "verify_address"
_TURN = int.from_bytes(b"address", "big")
# So many new answers that nobody understands, and not one that somebody does: then it is the service that has
# changed, not the homes, and no child's file is touched.
_TOO_MANY_UNCLEAR = 20


def address_round(kit: Kit, *, now: datetime) -> dict[str, int]:
    """Every home that is due has been asked about, unless the service is down: the next slot goes on there.

    Before that, who came together at the homes that changed has been looked at (`concentrations`).

    Counts: the homes by their new state; `duties` that opened; `no_answer`; and why it ended early, with those
    `left` that are still due.
    """
    with _turn(kit) as ours:
        if not ours:
            return {"under_way_elsewhere": 1}
        # First, since the postal service may take hours, or be down.
        return watch(kit, now=now) | _look_at_all(kit, now)


@contextmanager
def _turn(kit: Kit) -> Iterator[bool]:
    """True for one round at a time. The lock ends with its connection, so a killed round holds up nobody."""
    with kit.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        lock = {"key": _TURN}
        ours = bool(connection.execute(text("SELECT pg_try_advisory_lock(:key)"), lock).scalar_one())
        try:
            yield ours
        finally:
            if ours:
                with suppress(DBAPIError):
                    connection.execute(text("SELECT pg_advisory_unlock(:key)"), lock)


def _look_at_all(kit: Kit, now: datetime) -> Counter[str]:
    counts: Counter[str] = Counter()
    began, last = time.monotonic(), None
    pace = Pace(kit.settings.postal_per_second, sleep=kit.stopping.wait)
    homes = _due(kit, last, now)
    if not homes:
        return counts
    with PostalDesk(kit.postal, pace, at_once=kit.settings.postal_at_once, halt=kit.stopping) as desk:
        while homes and desk.stop is None:
            at = _moment(now, began)
            asked = desk.ask({home.id: _query(kit, home.id, home.sealed_details) for home in homes}, at=at)
            counts["no_answer"] += asked.unanswered
            stop: str | None = desk.stop
            if not _write(kit, asked.said, counts, at):
                stop = "not_understood"
            if stop is not None:
                return _ended_early(kit, counts, stop, now)
            homes = _due(kit, homes[-1].id, now)
    return +counts


def _ended_early(kit: Kit, counts: Counter[str], stop: str, now: datetime) -> Counter[str]:
    with kit.transaction() as session:
        counts["left"] = count_due(session, recheck_rules(), now=now)
    counts[stop] = 1
    log.warning("address_round.ended_early", why=stop, left=counts["left"])
    return +counts


def _moment(now: datetime, began: float) -> datetime:
    """What time it is in a round of hours: its `now` and the whole minutes since."""
    return now + timedelta(minutes=int((time.monotonic() - began) // 60))


def _due(kit: Kit, after: UUID | None, now: datetime) -> Sequence[DueHome]:
    with kit.transaction() as session:
        return due_homes(session, recheck_rules(), after=after, limit=BATCH, now=now)


def _query(kit: Kit, address_id: UUID, sealed: Sealed) -> AddressQuery:
    stated: dict[str, Any] = kit.vault.open_json(sealed, Place("address", "sealed_details", address_id))
    return AddressQuery(
        line1=stated["line1"],
        unit=stated.get("unit"),
        city=stated["city"],
        state=stated["state"],
        zip=stated["zip"],
    )


def _write(kit: Kit, said: Mapping[UUID, Said], counts: Counter[str], now: datetime) -> bool:
    """What was said stands in the file, with its duties and history. False, and nothing, if none of it is understood."""
    if not said:
        return True
    with kit.transaction() as session:
        known = lock_homes(session, said)
        unclear = [key for key, one in said.items() if not is_clear(one) and key in known]
        news = sum(known[key][1].state != "unknown" for key in unclear)
        if news >= _TOO_MANY_UNCLEAR and len(unclear) == len(said):
            counts["no_answer"] += len(said)
            return False
        counts.update(_take(session, known, said, now))
    return True


def _take(
    session: Session,
    known: Mapping[UUID, tuple[UUID, Known]],
    said: Mapping[UUID, Said],
    now: datetime,
) -> Counter[str]:
    """Each of these answers is in its row; a changed state has its history, and a new defect its duty."""
    rules = recheck_rules()
    looks = {key: look_at(before, said[key], rules) for key, (_, before) in known.items()}
    write_looks(session, [_written(key, look, said[key]) for key, look in looks.items()], now=now)
    session.add_all(
        History(
            noun="address",
            row_id=key,
            old=before.state,
            new=looks[key].state,
            actor=ACTOR,
            why=_why(looks[key]),
            at=now,
        )
        for key, (_, before) in known.items()
        if before.state != looks[key].state
    )
    counts = Counter[str](look.state for look in looks.values())
    news = [(known[key][0], key, look.news) for key, look in looks.items() if look.news is not None]
    counts["duties"] += _open(session, news, now)
    return counts


def _written(key: UUID, look: Look, one: Said) -> Written:
    if one == REFUSED or one.dpv is None:
        return Written(key, look.state)
    return Written(key, look.state, one.dpv, one.business, one.vacant, one.reference_version)


def _why(look: Look) -> str:
    if look.state == "deliverable":
        return "the postal service says that mail reaches it"
    if look.state == "defective":
        return look.news.why if look.news else "the postal service says that mail can't reach it"
    return look.news.why if look.news else "the postal service said nothing clear of it"


def _open(session: Session, news: Sequence[tuple[UUID, UUID, DefectLine]], now: datetime) -> int:
    """One duty for each home and defect, in a few statements. Who verifies a new home already sees it there."""
    if not news:
        return 0
    case_ids = {case_id for case_id, _, _ in news}
    cases = {case.id: case for case in session.scalars(select(Case).where(col(Case.id).in_(case_ids)))}
    standing = _verified_now(session, case_ids)
    by_why: dict[str, list[tuple[Case, Duty]]] = defaultdict(list)
    for case_id, address_id, line in news:
        short = str(address_id)[:8]
        key = f"{short}:{line.word}"
        if not {(case_id, short), (case_id, key)} & standing and cases[case_id].state in FOLLOWED:
            detail = {"address": str(address_id), "defect": line.word.value, "found_by": line.rule}
            duty = review_duty(policy_of(cases[case_id]), VERIFY, key=key, now=now, detail=detail)
            by_why[line.why].append((cases[case_id], duty))
    for why, duties in by_why.items():
        open_many(session, duties, actor=ACTOR, why=why, now=now)
    return sum(map(len, by_why.values()))


def _verified_now(session: Session, case_ids: Collection[UUID]) -> set[tuple[UUID, str]]:
    """Case and key of each address that somebody has to verify already."""
    rows = session.execute(
        select(col(Obligation.case_id), col(Obligation.key)).where(
            col(Obligation.case_id).in_(case_ids),
            col(Obligation.kind) == VERIFY,
            col(Obligation.state) == ObligationState.OPEN.value,
        )
    )
    return {(row.case_id, row.key) for row in rows}


def recheck(kit: Kit, address_id: UUID, *, now: datetime) -> str:
    """This address has been looked up now. Returns its state, or `no_answer`: then the next round asks."""
    with kit.transaction() as session:
        row = session.get_one(Address, address_id)
        query = _query(kit, row.id, row.sealed_details)
    said: Said
    try:
        said = kit.postal.look_up(query)
    except Rejected as err:
        if err.code in ("401", "403"):
            return "no_answer"
        said = REFUSED
    except (IntegrationError, BadInput):
        return "no_answer"
    with kit.transaction() as session:
        known = lock_homes(session, [address_id])
        _take(session, known, {address_id: said}, now)
        return look_at(known[address_id][1], said, recheck_rules()).state if known else "no_answer"
