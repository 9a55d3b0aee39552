"""An amendment: what it changed, what that opens again, and who is told so by the file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from sqlmodel import Session

from integrations.desk.ladder import OPINIONS
from integrations.desk.particulars import Submission
from integrations.policies import vetting_policy
from integrations.store import history
from integrations.store.applications import current_documents, gather
from integrations.store.ladder import appeal_of, standing_decision, supersede
from models.facts import ApplicationFacts
from models.findings import FindingState
from models.states import AppealOutcome, ApplicationState, DecisionValue
from models.tables.ladder import Amendment
from models.tables.vetting import Application, Decision
from models.tables.vetting import Finding as FindingRow
from vetting import amendment
from vetting.amendment import Papers, Reopened


@dataclass(frozen=True, slots=True)
class Changes:
    """What a revision changed, and what that opened again."""

    changed: tuple[str, ...]
    reopened: tuple[Reopened, ...]

    @property
    def is_weighty(self) -> bool:
        """True when what opinions were given on has changed."""
        return amendment.is_weighty(self.changed)


def papers_of(session: Session, application: Application) -> Papers:
    """The files of the newest revision by kind and subject, told apart by their bytes and their date."""
    found: dict[str, set[str]] = {}
    for document in current_documents(session, application):
        key = f"{document.kind}@{document.subject}"
        found.setdefault(key, set()).add(f"{document.file_id} {document.issued_on}")
    return {key: frozenset(files) for key, files in found.items()}


def weigh(work: Submission, application: Application, before: ApplicationFacts, papers: Papers) -> Changes:
    """The new revision is compared with what stood before; what rests on a change falls, and a row says so.

    `before` and `papers`: gathered before the revision came in.
    """
    session, now = work.session, work.now
    after = gather(session, work.kit.vault, application)
    policy = vetting_policy(application.policy_version)
    changed = amendment.changed_fields(before.packet, after.packet, papers, papers_of(session, application))
    another_home = amendment.is_another_home(changed)
    if another_home:
        after = replace(after, ladder=replace(after.ladder, home_changed_at=now))
    changes = Changes(changed, amendment.reopened(before, after, changed, policy, now))
    for row, _ in amendment.sign_offs_that_fall(before, after, changed):
        _open_sign_off(work, row.id)
    if changes.is_weighty or before.state is ApplicationState.WITHDRAWN:
        _take_back_opinions(work, application)
    session.add(
        Amendment(
            application_id=application.id,
            revision=application.revision,
            changed=list(changed),
            reopened={"items": [item.as_json() for item in changes.reopened]},
            another_home=another_home,
            at=now,
            actor=work.actor,
        )
    )
    session.flush()
    return changes


def _open_sign_off(work: Submission, finding_id: UUID) -> None:
    """What a person settled is settled no more. The next vetting opens it where it still holds."""
    row = work.session.get_one(FindingRow, finding_id)
    row.state, row.settled_at = FindingState.RESOLVED.value, work.now
    work.session.add(row)
    history.record(
        work.session,
        row,
        old=FindingState.CLEARED.value,
        new=FindingState.RESOLVED.value,
        actor=work.actor,
        why="an amendment changed what it was about",
        now=work.now,
    )


def _take_back_opinions(work: Submission, application: Application) -> None:
    """What people said was said of the old packet; they must look again. A remand or a home study stays."""
    tables = list(OPINIONS)
    decision = standing_decision(work.session, application.id)
    if decision is not None and amendment.falls(DecisionValue(decision.value)):
        tables.append(Decision)
        appeal = appeal_of(work.session, decision.id)
        if appeal is not None and appeal.outcome is None:
            appeal.outcome, appeal.decided_at = AppealOutcome.MOOT.value, work.now
            appeal.reasoning = "the packet was amended"
            work.session.add(appeal)
            work.session.flush()
    supersede(work.session, application.id, tables, now=work.now)
