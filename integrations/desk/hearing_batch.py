"""A batch of the court's list: each of its rows is taken in one transaction, or kept for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session

from followup.hearings import change_of
from integrations import keys
from integrations.desk.attendance import record_outcome
from integrations.desk.hearing_changes import ChangedHearing, apply_changes
from integrations.desk.hearing_doubts import Doubt, answers, keep_doubts, known_now, row_key
from integrations.desk.hearing_report import Reading
from integrations.store import hearings, history
from integrations.store.hearings import OfChild
from integrations.vault import Place
from models.court import BadHearing, HearingChange, HearingRow, KnownHearing
from models.court_status import CourtSource
from models.tables.hearing_list import HearingImport
from models.tables.ledger import Hearing

# The rows of a batch, each under the key by which it is known again.
Rows = dict[bytes, HearingRow]


class _DryRun(Exception):
    """Takes a batch back that was written only to see what it would do."""


@contextmanager
def _batch(work: Reading) -> Iterator[Session]:
    """A transaction; of a dry run, taken back at its end."""
    with suppress(_DryRun), work.kit.transaction() as session:
        yield session
        if work.report.dry_run:
            raise _DryRun


def take(work: Reading, run: HearingImport, rows: Rows, *, alone: bool = False) -> Reading:
    """These rows have gone through; returns `work`. `alone`: the turn is this batch's own."""
    with _batch(work) as session:
        if alone:
            hearings.take_turn(session)
        if work.report.dry_run:
            session.add(HearingImport(**run.model_dump()))
            session.flush()
        _take_rows(work, session, run.id, rows)
    return work


def _take_rows(work: Reading, session: Session, run_id: UUID, rows: Rows) -> None:
    decided = answers(session, list(rows))
    number_keys = {key: keys.a_number_key(work.kit.vault, row.a_number) for key, row in rows.items()}
    elsewhere = {a.case_id for a in decided.values() if a.case_id is not None}
    named = hearings.children_named(session, set(number_keys.values()), elsewhere)
    children = {child.a_number_key: child for child in named.values()}
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


def first_of_each(work: Reading, batch: Iterable[HearingRow | BadHearing]) -> Rows:
    """The good rows by their key; refused ones and second ones stand in the report."""
    found: Rows = {}
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


def _in_doubt(work: Reading, key: bytes, row: HearingRow, child: OfChild | None) -> Doubt | None:
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


def _tell(work: Reading, changed: Sequence[ChangedHearing], lines: Mapping[UUID, int]) -> None:
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


def _attend(work: Reading, session: Session, changed: Sequence[ChangedHearing]) -> None:
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


def _queued(doubt_id: UUID, doubt: Doubt, work: Reading) -> dict[str, Any]:
    return {
        "line": doubt.row.line,
        "hearing_key": doubt.row.hearing_key,
        "why": doubt.why,
        "id": None if work.report.dry_run else str(doubt_id),
        "case_id": doubt.case_id and str(doubt.case_id),
    }
