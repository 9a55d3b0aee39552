"""What named people do about home studies: order one, take in its report, answer a negative one, offer services."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from integrations.desk.acting import Act, want_reason
from integrations.desk.evidence import keep_legible
from integrations.kit import Kit
from integrations.store import history
from integrations.store.applications import current_documents
from integrations.store.staff import require_role
from models.errors import BadInput, Problem, Refused
from models.facts import Person
from models.states import DocumentKind, Role
from models.tables.studies import HomeStudy, PrsOffer
from vetting import acts, home_study


def order(kit: Kit, key: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """A home study is ordered; after one has come back, an addendum. One that is under way stays the one.

    Raises:
        Refused: not the federal field specialist, or the application is over. BadInput: no reason.
    """
    want_reason(reason)
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = acts.may_study(act.facts, person, Role.FEDERAL_FIELD_SPECIALIST)
        order_study(act, reason)
        return act.done(role, "homestudy order", judge="assessment")


def order_study(act: Act, reason: str) -> None:
    """A study is under way once this returns; its triggers are the ones that hold now."""
    newest = home_study.latest(act.facts)
    if newest is not None and newest.received_at is None:
        return
    held = home_study.triggers(act.facts, act.policy, act.now)
    line = next(d for d in act.policy.duties if d.kind == "complete_home_study" and d.active)
    row = HomeStudy(
        application_id=act.application.id,
        number=newest.number + 1 if newest else 1,
        kind=home_study.kind_of(held),
        triggers=[rule.code for rule in held],
        reason=reason,
        ordered_by=act.person.id,
        ordered_at=act.now,
        due_at=act.now + timedelta(hours=line.within_hours),
    )
    act.application.home_study_ordered_at = act.application.home_study_ordered_at or act.now
    act.session.add(row)
    act.session.flush()
    history.record(act.session, row, old=None, new="ordered", actor=act.actor, why=reason, now=act.now)


def receive(
    kit: Kit,
    key: str,
    person: Person,
    *,
    result: str | None,
    report: tuple[str, bytes] | None,
    reason: str,
    now: datetime,
) -> UUID:
    """The report of the study under way is in the file, with its result.

    `report`: name and content of the file that came; None: the packet holds it as `home_study_report`.

    Raises:
        Refused: wrong role, none ordered, or no report to be found. BadInput: result or reason is missing,
            or the file is not what its name says.
    """
    want_reason(reason)
    if result not in ("positive", "negative"):
        raise BadInput(
            Problem("--result", "wrong_value", "Say positive or negative.", "Use --result positive.")
        )
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = acts.may_study(act.facts, person, Role.CASE_MANAGER)
        newest = home_study.latest(act.facts)
        if newest is None or newest.received_at is not None:
            raise Refused("out_of_order", "No home study is under way.", ["kinline homestudy order"])
        row = session.get_one(HomeStudy, newest.id)
        row.report_file_id = _report(act, report)
        row.received_at, row.received_by, row.result = now, person.id, result
        act.application.home_study_received_at, act.application.home_study_result = now, result
        session.add_all((row, act.application))
        session.flush()
        history.record(session, row, old="ordered", new=result, actor=act.actor, why=reason, now=now)
        return act.done(role, "homestudy receive", judge="assessment")


def _report(act: Act, report: tuple[str, bytes] | None) -> UUID:
    if report is not None:
        name, content = report
        return keep_legible(act, content, option="--report", filename=name)
    papers = current_documents(act.session, act.application)
    handed_in = [d.file_id for d in papers if d.kind == DocumentKind.HOME_STUDY_REPORT]
    if not handed_in:
        raise Refused(
            "report_missing",
            "A home study counts only with its report in the file.",
            ["kinline homestudy receive --report FILE"],
        )
    return handed_in[-1]


def override(kit: Kit, key: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """One of the two voices that a negative study needs to stand in the way no more: the decider's written
    reasoning proposes, another person's approves. It decides nothing yet.

    Raises:
        Refused: wrong role, four eyes, or the newest study is not a negative one. BadInput: no reason.
    """
    want_reason(reason)
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role, newest = acts.may_override(act.facts, person, reason)
        row = session.get_one(HomeStudy, newest.id)
        if row.override_by is None:
            row.override_at, row.override_by, row.override_reason = now, person.id, reason
            old, new = "negative", "override proposed"
        else:
            row.override_approved_at, row.override_approved_by = now, person.id
            old, new = "override proposed", "overridden"
        session.add(row)
        session.flush()
        history.record(session, row, old=old, new=new, actor=act.actor, why=reason, now=now)
        return act.done(role, f"homestudy {new}", judge="assessment")


def offer_prs(kit: Kit, key: str, person: Person, *, answer: str, reason: str, now: datetime) -> UUID:
    """Post-release services were offered after a home study, and the sponsor answered.

    Raises:
        Refused: wrong role. BadInput: no such answer, no reason.
    """
    want_reason(reason)
    if answer not in ("accepted", "declined"):
        raise BadInput(
            Problem("--answer", "wrong_value", "Say accepted or declined.", "Use --answer accepted.")
        )
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = require_role(person, Role.CASE_MANAGER)
        row = PrsOffer(
            application_id=act.application.id, answer=answer, reason=reason, offered_by=person.id, at=now
        )
        session.add(row)
        session.flush()
        history.record(session, row, old=None, new=answer, actor=act.actor, why=reason, now=now)
        return act.done(role, "homestudy prs")
