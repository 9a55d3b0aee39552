"""The commands of reports outside and of notices of concern. Each acts on one, never on several."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from integrations.desk import notices, reports
from integrations.desk.notice_views import notice_json, notices_json
from kinline.cli import common
from kinline.cli.cases import Case, act_on_case
from kinline.cli.common import As, AsJson, At, MaybeAs, Reason
from kinline.cli.followup import Id, as_uuid, duty_app, duty_id
from kinline.stack import Stack
from models.facts import Person
from models.reports import METHODS, Recipient

app = typer.Typer(help="Notices of concern (form A-7).")
Notice = Annotated[str, typer.Argument(metavar="NOTICE", help="Its id, from `kinline noc list`.")]
Facts = Annotated[Path, typer.Option("--facts", help="JSON of what is known. It is sealed.", metavar="FILE")]
MethodOption = Annotated[str, typer.Option("--method", help=f"How: {', '.join(METHODS)}.")]
Reference = Annotated[str, typer.Option("--reference", help="The recipient's own reference.")]


def _id(notice: str) -> UUID:
    return as_uuid(notice, "NOTICE", printed_by="kinline noc list")


@duty_app.command("report")
def duty_report(
    duty: Id,
    as_: As,
    told: Annotated[str, typer.Option("--told", help="Who at the recipient's took it. It is sealed.")],
    reference: Reference,
    reported_at: Annotated[str | None, typer.Option("--reported-at", help="When, if not now.")] = None,
    to: Annotated[
        Recipient | None, typer.Option("--to", help="Whom, where the duty itself names nobody.")
    ] = None,
    method: MethodOption = "phone",
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Say that you have reported what the duty asks for: to whom, when, and with which reference."""

    def work(s: Stack, who: Person, now: datetime) -> UUID:
        when = common.moment(reported_at, "--reported-at") or now
        return reports.file_report(
            s.kit,
            duty_id(duty, "ID"),
            who,
            reports.Told(told, reference, method, when, to),
            now=now,
        )

    act_on_case(work, as_=as_, as_json=as_json, at=at)


def _act(work: Callable[[Stack, Person, datetime], UUID], *, as_: str, as_json: bool, at: str | None) -> None:
    """One act of one person on one notice; prints it."""

    def body(stack: Stack) -> dict[str, Any]:
        who, now = common.person(stack, as_), stack.now()
        return notice_json(stack.kit, work(stack, who, now), who, now=now)

    common.run(body, as_json=as_json, at=at, show=_show_notice)


@app.command("draft")
def noc_draft(
    case: Case,
    as_: As,
    facts: Facts,
    duty: Annotated[str | None, typer.Option("--duty", help="For which duty, if several wait.")] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Write down a concern. You own it until somebody else does."""

    def work(stack: Stack, who: Person, now: datetime) -> UUID:
        content = common.read_file(facts, "--facts")
        wanted = duty_id(duty, "--duty") if duty else None
        return notices.draft(stack.kit, case, content, who, duty_id=wanted, now=now)

    _act(work, as_=as_, as_json=as_json, at=at)


@app.command("revise")
def noc_revise(
    notice: Notice, as_: As, facts: Facts, reason: Reason, as_json: AsJson = False, at: At = None
) -> None:
    """Write your draft anew, before it is approved."""

    def work(stack: Stack, who: Person, now: datetime) -> UUID:
        content = common.read_file(facts, "--facts")
        notice_id = _id(notice)
        return notices.revise(stack.kit, notice_id, content, who, reason=reason, now=now)

    _act(work, as_=as_, as_json=as_json, at=at)


@app.command("approve")
def noc_approve(notice: Notice, as_: As, as_json: AsJson = False, at: At = None) -> None:
    """Approve a draft that is not yours: a supervisor."""
    _act(
        lambda stack, who, now: notices.approve(stack.kit, _id(notice), who, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command("send-back")
def noc_send_back(notice: Notice, as_: As, reason: Reason, as_json: AsJson = False, at: At = None) -> None:
    """Send a draft that is not yours back to its drafter: a supervisor."""
    _act(
        lambda s, who, now: notices.send_back(s.kit, _id(notice), who, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command("certify")
def noc_certify(
    notice: Notice, as_: As, method: MethodOption = "form", as_json: AsJson = False, at: At = None
) -> None:
    """Say that you have submitted an approved notice, and answer for it."""
    _act(
        lambda s, who, now: notices.certify(s.kit, _id(notice), who, method=method, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command("acknowledge")
def noc_acknowledge(
    notice: Notice,
    as_: As,
    reference: Reference,
    acknowledged_at: Annotated[
        str | None, typer.Option("--acknowledged-at", help="When, if not now.")
    ] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Write down that the recipient has acknowledged it."""

    def work(stack: Stack, who: Person, now: datetime) -> UUID:
        when = common.moment(acknowledged_at, "--acknowledged-at") or now
        answer = notices.Acknowledgement(reference, when)
        return notices.acknowledge(stack.kit, _id(notice), who, answer, now=now)

    _act(work, as_=as_, as_json=as_json, at=at)


@app.command("plan")
def noc_plan(
    notice: Notice,
    as_: As,
    reason: Reason,
    owner: Annotated[str | None, typer.Option("--owner", help="The new owner's address.")] = None,
    next_: Annotated[str | None, typer.Option("--next", help="When the next action is.")] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Give a notice another owner, or another time for its next action. Its clocks stay."""

    def work(stack: Stack, who: Person, now: datetime) -> UUID:
        return notices.plan(
            stack.kit,
            _id(notice),
            who,
            owner=owner,
            next_action_at=common.moment(next_, "--next"),
            reason=reason,
            now=now,
        )

    _act(work, as_=as_, as_json=as_json, at=at)


@app.command("show")
def noc_show(notice: Notice, as_: As, as_json: AsJson = False, at: At = None) -> None:
    """One notice with its facts, the reports made beside it, and every change. The read is audited."""
    _act(lambda _s, _who, _now: _id(notice), as_=as_, as_json=as_json, at=at)


@app.command("list")
def noc_list(
    all_: Annotated[bool, typer.Option("--all", help="The acknowledged ones too.")] = False,
    as_json: AsJson = False,
    at: At = None,
    as_: MaybeAs = None,
) -> None:
    """Concerns that nobody has acknowledged yet, the oldest first: owner, age, next action, rung."""

    def body(stack: Stack) -> dict[str, Any]:
        common.maybe_person(stack, as_)
        return notices_json(stack.kit, all_of_them=all_, now=stack.now())

    common.run(body, as_json=as_json, at=at, show=_show_list)


def _show_list(result: dict[str, Any]) -> None:
    for item in result["items"]:
        late = "  LATE" if item["late"] else ""
        common.OUT.print(
            f"{item['age_hours']:>7} h  {item['state']:<12} {item['queue']:<15} {item['owner'] or '-'}"
            f"  next {item['next_action_at']}{late}  {item['id'] or 'duty ' + item['duty']}"
            f"  case {item['case_id']}",
            markup=False,
        )
    common.OUT.print(f"{len(result['items'])} concerns.", markup=False)


def _show_notice(result: dict[str, Any]) -> None:
    common.OUT.print(
        f"{result['id']}: {result['state']}, {result['age_hours']} h old, owner {result['owner']}",
        markup=False,
    )
    for step in ("drafted", "approved", "certified", "acknowledged"):
        if result[step] is not None:
            common.OUT.print(f"  {step} by {result[step]['by']} at {result[step]['at']}", markup=False)
    for name, told in result["facts"].items():
        common.OUT.print(f"  {name}: {told}", markup=False)
