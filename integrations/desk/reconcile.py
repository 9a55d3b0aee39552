"""The official list of released children against what Kinline knows: whom it does not know, it follows from now on.

The list goes through in batches, each in a transaction of its own: what broke off half-way is made whole by
reading the list again, and a list that was read before changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlmodel import Session, col

from followup.calendar import local_day, local_instant
from followup.escalation import duty_owned_until
from followup.roster import CONFIRM_RELEASE, begins_as, confirm_release, first_duty, policy_then
from integrations import keys
from integrations.desk.duties import open_many
from integrations.kit import Kit
from integrations.roster_file import ROSTER, read_roster
from integrations.roster_rules import roster_rules
from integrations.row_file import file_digest
from integrations.store import history
from integrations.store.cases import lock_cases
from integrations.store.policy_acts import followups_in_use
from integrations.store.roster import (
    Known,
    Newcomer,
    add_newcomers,
    find_known,
    released_children,
    take_turn,
)
from integrations.vault import Place
from models.followup_policy import FollowupPolicy
from models.roster import BadRow, RosterRow, RosterRules
from models.states import CaseState
from models.tables.ledger import Obligation
from models.tables.roster import RosterRun

# Rows of one transaction: long enough for set-based work, short enough that a packet waits for a second at most.
BATCH = 5_000


@dataclass
class Reconciled:
    """What a list changed, and what of it a person must look at. Lines, references and ids; never an A-number."""

    run_id: UUID | None
    dry_run: bool
    rows: int = 0
    refused: int = 0
    known: int = 0
    added: list[dict[str, Any]] = field(default_factory=list)
    missing_from_roster: list[dict[str, Any]] = field(default_factory=list)
    mismatches: list[dict[str, Any]] = field(default_factory=list)
    duplicates: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        return {
            "rows": self.rows,
            "refused": self.refused,
            "known": self.known,
            "added": len(self.added),
            "missing_from_roster": len(self.missing_from_roster),
            "mismatches": len(self.mismatches),
            "duplicates": len(self.duplicates),
        }

    def as_json(self) -> dict[str, Any]:
        return self.__dict__ | {"run_id": self.run_id and str(self.run_id)}


@dataclass
class Reading:
    """One reading of a list: what it is judged by, and which rows have gone through."""

    kit: Kit
    actor: str
    now: datetime
    rules: RosterRules
    policies: Sequence[FollowupPolicy]  # those in use here
    report: Reconciled
    # The first row of each child by blind key. About 100 MB for half a million children.
    seen: dict[bytes, RosterRow | BadRow] = field(default_factory=dict)


def reconcile(kit: Kit, path: Path, *, actor: str, now: datetime, dry_run: bool = False) -> Reconciled:
    """Each child of the list whom Kinline does not know has a case and a duty in sight. Says what else differs.

    Rows that can't be taken are named with what is wrong; the others go in all the same. `dry_run` writes
    nothing but the audit of what was read.

    Raises:
        BadInput: the file can't be read as a list at all, or no follow-up policy is in use here.
    """
    file_key = kit.vault.blind("roster", file_digest(path, ROSTER.file))
    rules = roster_rules()
    with kit.transaction() as session:
        policies = followups_in_use(session, kit.settings)
    work = Reading(kit, actor, now, rules, policies, Reconciled(run_id=None, dry_run=dry_run))
    rows = iter(read_roster(path, _latest_day(rules, now)))
    batch = list(islice(rows, BATCH))  # a file that is no list ends here, before anything is written
    if not dry_run:
        work.report.run_id = _begin(work, file_key)
    while batch:
        _take(work, batch)
        batch = list(islice(rows, BATCH))
    _end(work)
    return work.report


def _latest_day(rules: RosterRules, now: datetime) -> date:
    """Today, as seen from wherever the list was made."""
    return max(local_day(now, rules.zone.zone), now.astimezone(UTC).date())


def _begin(work: Reading, file_key: bytes) -> UUID:
    run = RosterRun(file_key=file_key, rules=work.rules.version, actor=work.actor, began_at=work.now)
    with work.kit.transaction() as session:
        session.add(run)
    return run.id


def _take(work: Reading, batch: Sequence[RosterRow | BadRow]) -> None:
    """These rows have gone through, in one transaction."""
    rows = _first_of_each_child(work, batch)
    with work.kit.transaction() as session:
        take_turn(session)
        known = find_known(session, rows)
        _compare(work, session, rows, known)
        _add(work, session, {key: row for key, row in rows.items() if key not in known})


def _first_of_each_child(work: Reading, batch: Iterable[RosterRow | BadRow]) -> dict[bytes, RosterRow]:
    """The good rows by the child's blind key; refused ones and second ones stand in the report."""
    found: dict[bytes, RosterRow] = {}
    for row in batch:
        work.report.rows += 1
        key = keys.a_number_key(work.kit.vault, row.a_number) if row.a_number else None
        if isinstance(row, BadRow):
            _refuse(work, row)
        elif key is not None and isinstance(first := work.seen.get(key), RosterRow):
            _duplicate(work, row, first)
        elif key is not None:
            found[key] = row
        if key is not None and not isinstance(work.seen.get(key), RosterRow):
            work.seen[key] = row
    return found


def _refuse(work: Reading, row: BadRow) -> None:
    work.report.refused += 1
    work.report.problems += [
        {"line": row.line, "reference": row.reference, **problem.as_json()} for problem in row.problems
    ]


def _duplicate(work: Reading, row: RosterRow, first: RosterRow) -> None:
    """The first row of a child counts; where the second says something else, a person must look."""
    differs = [
        name
        for name, differs in (
            ("date_of_birth", row.born_on != first.born_on),
            ("released_on", row.released_on != first.released_on),
            ("reference", row.reference != first.reference),
        )
        if differs
    ]
    work.report.duplicates.append(
        {"line": row.line, "reference": row.reference, "first_line": first.line, "differs": differs}
    )


# --- children whom Kinline knows --------------------------------------------------------------------


def _compare(
    work: Reading, session: Session, rows: dict[bytes, RosterRow], known: dict[bytes, Known]
) -> None:
    """What list and file say differently of the children who are known stands in the report."""
    if not known:
        return
    unreleased: list[tuple[UUID, RosterRow]] = []
    for key, child in known.items():
        row = rows[key]
        place = Place("child", "sealed_details", child.child_id)
        details = work.kit.vault.open_json(child.sealed_details, place)
        if details["date_of_birth"] != row.born_on.isoformat():
            _mismatch(work, row, child, "date_of_birth", "differs")
        if child.released_on is None:
            _mismatch(work, row, child, "released_on", "not_released_here")
            unreleased += [(child.case_id, row)] if child.state == CaseState.IN_CARE else []
        elif child.released_on != row.released_on:
            _mismatch(work, row, child, "released_on", "differs")
    work.report.known += len(known)
    ids = [child.case_id for child in known.values()]
    history.audit(
        session, actor=work.actor, act="compare with roster", noun="child_case", ids=ids, now=work.now
    )
    if unreleased and not work.report.dry_run:
        _ask_who_is_right(work, session, unreleased)


def _mismatch(work: Reading, row: RosterRow, child: Known, name: str, code: str) -> None:
    work.report.mismatches.append(
        {
            "line": row.line,
            "reference": row.reference,
            "case_id": str(child.case_id),
            "field": name,
            "code": code,
        }
    )


def _ask_who_is_right(work: Reading, session: Session, unreleased: Sequence[tuple[UUID, RosterRow]]) -> None:
    """A child in care whom the list calls released is in somebody's queue; once for each release that it names."""
    cases = lock_cases(session, [case_id for case_id, _ in unreleased])
    asked = set(
        session.execute(
            select(col(Obligation.case_id), col(Obligation.key)).where(
                col(Obligation.case_id).in_(cases), col(Obligation.kind) == CONFIRM_RELEASE
            )
        ).tuples()
    )
    wanted = [
        (cases[case_id], duty)
        for case_id, row in unreleased
        for duty in [confirm_release(row.released_on, work.rules, work.now)]
        if (case_id, duty.key) not in asked and cases[case_id].state == CaseState.IN_CARE
    ]
    why = "the official list says that the child was released"
    open_many(session, wanted, actor=work.actor, why=why, now=work.now)


# --- children whom the list alone names -------------------------------------------------------------


def _add(work: Reading, session: Session, rows: dict[bytes, RosterRow]) -> None:
    if not rows:
        return
    run_id = work.report.run_id
    if run_id is None:
        work.report.added += [_added(row, None, None) for row in rows.values()]
        return
    newcomers = [_newcomer(work, key, row) for key, row in rows.items()]
    add_newcomers(
        session, newcomers, run_id=run_id, zone=work.rules.zone.zone, actor=work.actor, now=work.now
    )
    ids = [one.case_id for one in newcomers]
    history.audit(session, actor=work.actor, act="add from roster", noun="child_case", ids=ids, now=work.now)
    work.report.added += [
        _added(row, one.case_id, one.kind) for row, one in zip(rows.values(), newcomers, strict=True)
    ]


def _added(row: RosterRow, case_id: UUID | None, duty: str | None) -> dict[str, Any]:
    return {
        "line": row.line,
        "reference": row.reference,
        "case_id": case_id and str(case_id),
        "duty": duty,
    }


def _newcomer(work: Reading, key: bytes, row: RosterRow) -> Newcomer:
    policy = policy_then(work.policies, row.released_on)
    duty = first_duty(row.born_on, work.rules, policy, work.now)
    released_at = min(local_instant(row.released_on, time(12), work.rules.zone.zone), work.now)
    child_id = uuid4()
    details = {"a_number": row.a_number, "date_of_birth": row.born_on.isoformat()}
    return Newcomer(
        child_id=child_id,
        a_number_key=key,
        sealed_details=work.kit.vault.seal_json(details, Place("child", "sealed_details", child_id)),
        case_id=uuid4(),
        release_id=uuid4(),
        line=row.line,
        reference=row.reference,
        released_on=row.released_on,
        released_at=released_at,
        state=begins_as(released_at, duty.due_at, policy).value,
        policy=policy.version,
        max_silence_days=policy.silence.max_silence_days,
        duty_id=uuid4(),
        kind=duty.kind,
        key=duty.key,
        due_at=duty.due_at,
        owned_until=duty_owned_until(duty.due_at, policy),
        queue=duty.queue,
        rule=duty.rule,
        rules_version=duty.policy_version,
    )


# --- children whom the list lacks -------------------------------------------------------------------


def _end(work: Reading) -> None:
    """Whom the list lacks is named, and the reading is on record."""
    with work.kit.transaction() as session:
        work.report.missing_from_roster = [
            {"case_id": str(child.case_id), "reference": child.reference, "state": child.state}
            for child in released_children(session)
            if child.a_number_key not in work.seen
        ]
        if work.report.run_id is not None:
            run = session.get_one(RosterRun, work.report.run_id)
            run.ended_at, run.counts = work.now, work.report.counts()
            session.add(run)
