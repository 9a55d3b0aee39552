"""The court's list of hearings against what Kinline knows: added, moved, cancelled, held, vanished, in doubt.

The list goes through in batches, each in a transaction of its own and some of them side by side: what broke off
half-way is made whole by reading the list again, and a list that was read before changes nothing.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

from sqlmodel import Session

from followup.court import ask_court
from followup.hearings import is_partial
from integrations.court_list import HEARINGS, courts, hearings_in, read_hearings
from integrations.desk.court_round import follow
from integrations.desk.duties import open_many
from integrations.desk.escalations import policy_of
from integrations.desk.hearing_batch import Rows, first_of_each, take
from integrations.desk.hearing_report import Imported, Reading
from integrations.desk.jobs import enqueue
from integrations.kit import Kit
from integrations.row_file import file_digest
from integrations.store import hearings
from integrations.store.cases import lock_cases
from integrations.store.hearings import Coming
from models.court import BadHearing, HearingRow
from models.states import FOLLOWED
from models.tables.hearing_list import HearingImport

# Rows of one transaction: long enough for set-based work, short enough that nobody waits long for a case.
BATCH = 2_000
SIDE_BY_SIDE = 2
# Batches of one turn, after which another reading of a list may write: seconds of work.
OF_A_TURN = 8
AT_ONCE = 2_000  # cases
DEFAULT_SOURCE = "court"


def import_file(
    kit: Kit,
    path: Path,
    *,
    actor: str,
    now: datetime,
    source: str = DEFAULT_SOURCE,
    whole: bool | None = None,
    dry_run: bool = False,
) -> Imported:
    """Each hearing of the list stands as it says. Says what changed and what a person must look at.

    `whole`: True, the list names every hearing that is ahead of its `source`, and those that it lacks have
    vanished; False, it is a part; None, it is whole unless it lacks more than a whole list would.
    `dry_run` does all of it and takes it back.

    Raises:
        BadInput: the file can't be read as a list at all. Nothing was changed then.
    """
    digest = file_digest(path, HEARINGS.file)
    return _import(kit, read_hearings(path, now), digest, actor, now, source, whole=whole, dry_run=dry_run)


def import_items(
    kit: Kit,
    items: Sequence[Any],
    *,
    actor: str,
    now: datetime,
    source: str,
    whole: bool | None = False,
    dry_run: bool = False,
) -> Imported:
    """As `import_file`, of objects that came over the API."""
    digest = json.dumps(items, sort_keys=True, default=str).encode()
    return _import(kit, hearings_in(items, now), digest, actor, now, source, whole=whole, dry_run=dry_run)


def _import(
    kit: Kit,
    rows: Iterator[HearingRow | BadHearing],
    digest: bytes,
    actor: str,
    now: datetime,
    source: str,
    *,
    whole: bool | None,
    dry_run: bool,
) -> Imported:
    work = Reading(kit, actor, now, Imported(None, dry_run, source))
    batches = _batches(work, rows)
    # A file that is no list ends here, before anything is written.
    first = list(islice(batches, 2))
    run = HearingImport(
        file_key=kit.vault.blind("hearings", digest), source=source, actor=actor, began_at=now
    )
    if not dry_run:
        work.report.run_id = run.id
        with kit.transaction() as session:
            session.add(HearingImport(**run.model_dump()))
    if len(first) > 1:
        _side_by_side(work, run, chain(first, batches))
    elif first:  # a short list never waits for a second connection
        work.add(take(work.part(), run, first[0], alone=True))
    if whole is not False:
        _look_for_vanished(work, whole=whole)
    if not dry_run:
        _follow(work)
    _end(work)
    return work.report


def _side_by_side(work: Reading, run: HearingImport, batches: Iterator[Rows]) -> None:
    """Each batch goes through. The next one is read while those before it are written, and waits for neither."""
    for first in batches:
        # Whatever becomes of one batch, the turn lasts until all of its batches are over.
        with work.kit.transaction() as session, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            hearings.take_turn(session)
            running: deque[Future[Reading]] = deque()
            for batch in chain((first,), islice(batches, OF_A_TURN - 1)):
                running.append(pool.submit(take, work.part(), run, batch))
                if len(running) > SIDE_BY_SIDE:
                    work.add(running.popleft().result())
            for part in running:
                work.add(part.result())


def _batches(work: Reading, rows: Iterator[HearingRow | BadHearing]) -> Iterator[Rows]:
    while batch := list(islice(rows, BATCH)):
        yield first_of_each(work, batch)


# --- hearings that the list lacks -------------------------------------------------------------------


def _look_for_vanished(work: Reading, *, whole: bool | None) -> None:
    """What this list named before and lacks now is asked of the court; until then the family is reminded as planned."""
    with work.kit.transaction() as session:
        coming = list(hearings.coming_of_source(session, work.report.source, work.now))
    missing = [one for one in coming if one.id not in work.named]
    if whole is None and is_partial(len(coming), len(missing), courts().whole_list):
        work.report.taken_for_a_part = True
        return
    for start in range(0, len(missing), BATCH):
        part = missing[start : start + BATCH]
        if not work.report.dry_run:
            with work.kit.transaction() as session:
                _vanish(work, session, part)
        work.report.vanished += [
            {
                "hearing_key": one.hearing_key,
                "hearing_id": str(one.id),
                "case_id": str(one.case_id),
                "starts_at": one.starts_at.isoformat(),
            }
            for one in part
        ]


def _vanish(work: Reading, session: Session, part: Sequence[Coming]) -> None:
    cases = lock_cases(session, {one.case_id for one in part})
    hearings.mark_vanished(session, [one.id for one in part], actor=work.actor, now=work.now)
    wanted = [
        (
            case,
            ask_court(
                f"h:{one.id}:gone:{work.now:%Y%m%dT%H%M}", policy_of(case), work.now, hearing_id=one.id
            ),
        )
        for one in part
        if (case := cases[one.case_id]).state in FOLLOWED
    ]
    open_many(session, wanted, actor=work.actor, why="the court's list no longer names it", now=work.now)


# --- what follows -----------------------------------------------------------------------------------


def _follow(work: Reading) -> None:
    """Each status says from now on what the list says, and the next look follows the next hearing.

    At once, unless they are many: then a court round is asked for, which the worker runs beside other work. Until
    then the look that stands open for each child stays open.
    """
    with work.kit.transaction() as session:
        if len(work.changed) > AT_ONCE:
            enqueue(session, kind="round", key="court", payload={"round": "court"}, now=work.now)
            return
        cases = lock_cases(session, work.changed).values()
        followed = [case.id for case in cases if case.state in FOLLOWED]
        follow(session, followed, actor=work.actor, why="the court's list says so", now=work.now)


def _end(work: Reading) -> None:
    """The reading is on record."""
    if work.report.run_id is None:
        return
    with work.kit.transaction() as session:
        run = session.get_one(HearingImport, work.report.run_id)
        run.ended_at, run.counts = work.now, work.report.counts()
        session.add(run)
