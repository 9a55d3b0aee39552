"""The court's list of hearings against what Kinline knows: added, moved, cancelled, held, vanished, in doubt.

The list goes through in batches, each in a transaction of its own: what broke off half-way is made whole by
reading the list again, and a list that was read before changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session

from followup.court import ask_court
from followup.hearings import change_of, is_partial
from integrations import keys
from integrations.court_list import HEARINGS, courts, hearings_in, read_hearings
from integrations.desk.attendance import record_outcome
from integrations.desk.court import hearings_changed
from integrations.desk.duties import open_many
from integrations.desk.escalations import policy_of
from integrations.desk.hearing_changes import ChangedHearing, apply_changes
from integrations.desk.hearing_doubts import Doubt, answers, keep_doubts, known_now, row_key
from integrations.desk.jobs import enqueue
from integrations.kit import Kit
from integrations.row_file import file_digest
from integrations.store import hearings, history
from integrations.store.cases import lock_cases
from integrations.store.hearings import Coming, OfChild
from integrations.vault import Place
from models.court import BadHearing, HearingChange, HearingRow, KnownHearing
from models.court_status import CourtSource
from models.states import FOLLOWED
from models.tables.hearing_list import HearingImport
from models.tables.ledger import Hearing

# Rows of one transaction: long enough for set-based work, short enough that nobody waits long for a case.
BATCH = 2_000
ONE_BY_ONE = 200
DEFAULT_SOURCE = "court"


@dataclass
class Imported:
    """What a list changed, and what of it a person must look at. Lines, keys and ids; never an A-number."""

    run_id: UUID | None
    dry_run: bool
    source: str
    rows: int = 0
    refused: int = 0
    unchanged: int = 0
    added: list[dict[str, Any]] = field(default_factory=list)
    moved: list[dict[str, Any]] = field(default_factory=list)
    cancelled: list[dict[str, Any]] = field(default_factory=list)
    completed: list[dict[str, Any]] = field(default_factory=list)
    restored: list[dict[str, Any]] = field(default_factory=list)
    updated: list[dict[str, Any]] = field(default_factory=list)
    vanished: list[dict[str, Any]] = field(default_factory=list)
    queued: list[dict[str, Any]] = field(default_factory=list)
    duplicates: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    taken_for_a_part: bool = False

    def counts(self) -> dict[str, int]:
        whole = ("rows", "refused", "unchanged")
        lists = ("added", "moved", "cancelled", "completed", "restored", "updated", "vanished", "queued")
        return {name: getattr(self, name) for name in whole} | {
            name: len(getattr(self, name)) for name in (*lists, "duplicates")
        }

    def as_json(self) -> dict[str, Any]:
        return self.__dict__ | {"run_id": self.run_id and str(self.run_id), "counts": self.counts()}


@dataclass
class _Reading:
    """One reading of a list: by whom and when, and which hearings it has named."""

    kit: Kit
    actor: str
    now: datetime
    report: Imported
    named: set[UUID] = field(default_factory=set)
    changed: set[UUID] = field(default_factory=set)  # cases
    first: dict[bytes, HearingRow] = field(default_factory=dict)


class _DryRun(Exception):
    """Takes a batch back that was written only to see what it would do."""


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
    work = _Reading(kit, actor, now, Imported(None, dry_run, source))
    batch = list(islice(rows, BATCH))  # a file that is no list ends here, before anything is written
    run = HearingImport(
        file_key=kit.vault.blind("hearings", digest), source=source, actor=actor, began_at=now
    )
    run_id = run.id
    if not dry_run:
        work.report.run_id = run_id
        with kit.transaction() as session:
            session.add(run)
    while batch:
        with _batch(work) as session:
            if dry_run:
                session.add(HearingImport(**run.model_dump()))
                session.flush()
            _take(work, session, run_id, batch)
        batch = list(islice(rows, BATCH))
    if whole is not False:
        _look_for_vanished(work, whole=whole)
    if not dry_run:
        _follow(work)
    _end(work)
    return work.report


@contextmanager
def _batch(work: _Reading) -> Iterator[Session]:
    """A transaction; of a dry run, taken back at its end."""
    with suppress(_DryRun), work.kit.transaction() as session:
        yield session
        if work.report.dry_run:
            raise _DryRun


def _take(work: _Reading, session: Session, run_id: UUID, batch: Sequence[HearingRow | BadHearing]) -> None:
    """These rows have gone through."""
    hearings.take_turn(session)
    rows = _first_of_each(work, batch)
    decided = answers(session, list(rows))
    number_keys = {key: keys.a_number_key(work.kit.vault, row.a_number) for key, row in rows.items()}
    children = hearings.children_named(session, set(number_keys.values()))
    named = {child.case_id: child for child in children.values()}
    elsewhere = {a.case_id for a in decided.values() if a.case_id is not None} - set(named)
    named |= hearings.children_of(session, elsewhere)
    known = hearings.hearings_of(session, list(named))
    changed: list[ChangedHearing] = []
    doubts: list[Doubt] = []
    taken: list[bytes] = []
    lines: dict[UUID, int] = {}
    for key, row in rows.items():
        child = children.get(number_keys[key])
        if (answer := decided.get(key)) is not None:
            child = named[answer.case_id] if answer.case_id is not None else None
            if child is None:
                work.report.unchanged += 1
                continue
        elif (doubt := _in_doubt(work, key, row, child)) is not None:
            doubts.append(doubt)
            if child is not None and (found := known.meant(child.case_id, row, by_a_list=True)):
                work.named.add(found[0])
            continue
        if child is None:
            continue
        one = _changed(child, row, known.meant(child.case_id, row, by_a_list=True))
        work.named.add(one.id)
        taken.append(key)
        if row.padded and answer is None:
            doubts.append(Doubt("padded_number", row, key, child.case_id, one.id))
        if one.change == HearingChange.SAME:
            work.report.unchanged += 1
        else:
            changed.append(one)
            lines[one.id] = row.line
    work.changed |= {one.case_id for one in changed}
    apply_changes(session, changed, source=work.report.source, actor=work.actor, now=work.now)
    _attend(work, session, changed)
    _tell(work, changed, lines)
    known_now(session, taken, now=work.now)
    new = keep_doubts(work.kit, session, doubts, import_id=run_id, actor=work.actor, now=work.now)
    work.report.queued += [_queued(doubt_id, doubt, work) for doubt_id, doubt in new]
    ids = sorted({one.case_id for one in named.values()})
    act = "compare with the court's list"
    history.audit(session, actor=work.actor, act=act, noun="child_case", ids=ids, now=work.now)


def _first_of_each(work: _Reading, batch: Iterable[HearingRow | BadHearing]) -> dict[bytes, HearingRow]:
    """The good rows by their key; refused ones and second ones stand in the report."""
    found: dict[bytes, HearingRow] = {}
    for row in batch:
        work.report.rows += 1
        if isinstance(row, BadHearing):
            work.report.refused += 1
            work.report.problems += [
                {"line": row.line, "hearing_key": row.hearing_key, **problem.as_json()}
                for problem in row.problems
            ]
            continue
        key = row_key(work.kit.vault, row)
        first = work.first.setdefault(key, row)
        if first is row:
            found[key] = row
        else:
            work.report.duplicates.append(_duplicate(row, first))
    return found


def _duplicate(row: HearingRow, first: HearingRow) -> dict[str, Any]:
    """The first row of a hearing counts; where the second says something else, a person must look."""
    names = ("born_on", "starts_at", "kind", "state", "outcome")
    differs = [name for name in names if getattr(row, name) != getattr(first, name)]
    return {
        "line": row.line,
        "hearing_key": row.hearing_key,
        "first_line": first.line,
        "differs": ["date_of_birth" if name == "born_on" else name for name in differs],
    }


def _in_doubt(work: _Reading, key: bytes, row: HearingRow, child: OfChild | None) -> Doubt | None:
    """What a person must decide before the row is taken; None: it is this child's."""
    if child is None:
        return Doubt("unknown_child", row, key)
    place = Place("child", "sealed_details", child.child_id)
    details = work.kit.vault.open_json(child.sealed_details, place)
    if details["date_of_birth"] != row.born_on.isoformat():
        return Doubt("birth_date_differs", row, key, child.case_id)
    return None


def _changed(child: OfChild, row: HearingRow, found: tuple[UUID, KnownHearing] | None) -> ChangedHearing:
    hearing_id, known = found or (uuid4(), None)
    return ChangedHearing(
        id=hearing_id,
        case_id=child.case_id,
        case_state=child.state,
        zone=child.zone,
        policy=child.policy,
        row=row,
        known=known,
        change=change_of(known, row),
    )


def _tell(work: _Reading, changed: Sequence[ChangedHearing], lines: Mapping[UUID, int]) -> None:
    for one in changed:
        getattr(work.report, one.change.value).append(
            {
                "line": lines[one.id],
                "hearing_key": one.row.hearing_key,
                "hearing_id": str(one.id),
                "case_id": str(one.case_id),
                "starts_at": one.starts_at.isoformat(),
            }
        )


def _attend(work: _Reading, session: Session, changed: Sequence[ChangedHearing]) -> None:
    """What the list says came of the hearings that were held is on record."""
    for one in changed:
        if one.change not in (HearingChange.COMPLETED, HearingChange.ADDED) or one.row.outcome is None:
            continue
        record_outcome(
            session,
            session.get_one(Hearing, one.id, populate_existing=True),
            one.row.outcome,
            source=CourtSource.FEED.value,
            by=None,
            actor=work.actor,
            note=None,
            now=work.now,
        )


def _queued(doubt_id: UUID, doubt: Doubt, work: _Reading) -> dict[str, Any]:
    return {
        "line": doubt.row.line,
        "hearing_key": doubt.row.hearing_key,
        "why": doubt.why,
        "id": None if work.report.dry_run else str(doubt_id),
        "case_id": doubt.case_id and str(doubt.case_id),
    }


# --- hearings that the list lacks -------------------------------------------------------------------


def _look_for_vanished(work: _Reading, *, whole: bool | None) -> None:
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


def _vanish(work: _Reading, session: Session, part: Sequence[Coming]) -> None:
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


def _follow(work: _Reading) -> None:
    """Each status says from now on what the list says, and the next look follows the next hearing.

    Of a few cases at once; for many a court round is asked for, which the worker runs beside other work. Until then
    the look that stands open for each child stays open.
    """
    with work.kit.transaction() as session:
        if len(work.changed) > ONE_BY_ONE:
            enqueue(session, kind="round", key="court", payload={"round": "court"}, now=work.now)
            return
        for case in lock_cases(session, work.changed).values():
            if case.state in FOLLOWED:
                why = "the court's list says so"
                hearings_changed(session, case, actor=work.actor, why=why, now=work.now)


def _end(work: _Reading) -> None:
    """The reading is on record."""
    if work.report.run_id is None:
        return
    with work.kit.transaction() as session:
        run = session.get_one(HearingImport, work.report.run_id)
        run.ended_at, run.counts = work.now, work.report.counts()
        session.add(run)
