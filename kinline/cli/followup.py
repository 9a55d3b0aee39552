"""The commands after the release: cases, calls, escalations, rounds, the account."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from integrations.desk import calls, cases, duties, escalations, leaving, numbers, rounds
from integrations.desk.dispatch import dispatch_messages
from integrations.desk.oversight import oversight_json
from integrations.desk.page_dispatch import dispatch_pages
from integrations.desk.views import account_json, case_json, queue_json
from integrations.desk.voice import place_calls
from kinline.cli import common, sentences, show
from kinline.cli.cases import Case, act_on_case
from kinline.cli.common import As, AsJson, At, MaybeAs, Reason
from kinline.stack import Stack
from models.contacts import CallOutcome
from models.errors import BadInput, Problem
from models.facts import Person
from models.states import Party

app = typer.Typer()
call_app = typer.Typer(help="Calls by people.")
escalation_app = typer.Typer(help="Take, hand on and resolve what has escalated.")
number_app = typer.Typer(help="How the family is reached.")
duty_app = typer.Typer(help="Duties that a person does and writes down.")
Id = Annotated[str, typer.Argument(metavar="ID")]


def as_uuid(value: str, name: str, *, printed_by: str = "kinline queue --json") -> UUID:
    """The id that was typed. `printed_by` is the command that prints such ids.

    Raises:
        BadInput: it is none.
    """
    try:
        return UUID(value)
    except ValueError:
        raise BadInput(
            Problem(name, "wrong_value", "This is not an id.", f"Copy the id that `{printed_by}` prints.")
        ) from None


def duty_id(value: str, name: str) -> UUID:
    """The duty's id that was typed. It need not be late, so it stands in its case."""
    return as_uuid(value, name, printed_by="kinline case CASE --json")


@app.command("case")
def show_case(case: Case, as_json: AsJson = False, at: At = None, as_: MaybeAs = None) -> None:
    """One case: what keeps the child in sight, every duty, try, text, call and escalation."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.maybe_person(stack, as_)
        return case_json(stack.kit, case, actor=str(who.id) if who else "cli", now=stack.now())

    common.run(body, as_json=as_json, at=at, show=show.case)


@call_app.command("record")
def call_record(
    case: Case,
    party: Annotated[Party, typer.Option("--party", help="Whom the call was for: child or sponsor.")],
    outcome: Annotated[CallOutcome, typer.Option("--outcome", help="What came of it.")],
    answers: Annotated[Path, typer.Option("--answers", help="JSON of the structured answers.")],
    as_: As,
    true_time: Annotated[
        str | None, typer.Option("--true-time", help="When it really was, if written down late.")
    ] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Write down a call that you made. Only this settles a welfare call."""

    act_on_case(
        lambda s, who, now: calls.record_call(
            s.kit,
            case,
            party=party,
            outcome=outcome,
            answers=common.read_file(answers, "--answers"),
            person=who,
            now=now,
            true_time=common.moment(true_time, "--true-time"),
        ),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@escalation_app.command("ack")
def escalation_ack(escalation: Id, as_: As, as_json: AsJson = False, at: At = None) -> None:
    """Take an escalation: it is yours from now on."""

    act_on_case(
        lambda s, who, now: escalations.acknowledge(s.kit, as_uuid(escalation, "ID"), who, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@escalation_app.command("resolve")
def escalation_resolve(
    escalation: Id,
    as_: As,
    reason: Reason,
    outcome: Annotated[str, typer.Option("--outcome", help="A short word for what came of it.")] = "resolved",
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Resolve an escalation: its duty is settled with this as evidence, or goes on as a review."""

    act_on_case(
        lambda s, who, now: escalations.resolve(
            s.kit, as_uuid(escalation, "ID"), who, outcome=outcome, reason=reason, now=now
        ),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@escalation_app.command("reassign")
def escalation_reassign(
    escalation: Id,
    as_: As,
    reason: Reason,
    to: Annotated[str, typer.Option("--to", help="The new owner's e-mail address.")],
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Hand an escalation to another named person. Its times stay."""

    act_on_case(
        lambda s, who, now: escalations.reassign(
            s.kit, as_uuid(escalation, "ID"), who, to_email=to, reason=reason, now=now
        ),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@escalation_app.command("rungs")
def escalation_rungs(as_json: AsJson = False, at: At = None) -> None:
    """The ladder, rung by rung, who can be reached on it, and gaps in the rota. Exit 1 when somebody is lacking."""
    common.run(
        lambda stack: leaving.rungs_json(stack.kit, now=stack.now()),
        as_json=as_json,
        at=at,
        show=sentences.rungs,
        code=lambda r: (
            common.DONE
            if all(one["people"] for one in r["rungs"]) and not r["rota_gaps"]
            else common.ANSWER_IS_NO
        ),
    )


@duty_app.command("done")
def duty_done(duty: Id, as_: As, reason: Reason, as_json: AsJson = False, at: At = None) -> None:
    """Say that you have done a duty, and what you did. A duty to speak with somebody needs a call record."""

    act_on_case(
        lambda s, who, now: duties.do_duty(s.kit, duty_id(duty, "ID"), who, note=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@number_app.callback()
def _numbers() -> None:
    """One command so far; without this it would lose its name."""


@number_app.command("add")
def number_add(
    case: Case,
    party: Annotated[Party, typer.Option("--party", help="Whose: child, sponsor, or case for a contact.")],
    number: Annotated[
        Path, typer.Option("--number", help="JSON of the number, its language and consent to texts.")
    ],
    as_: As,
    role: Annotated[str, typer.Option("--role", help="party, backup, care_plan or home_country.")] = "party",
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Record a telephone number. It takes the place of the party's own; what looked for one is settled."""

    def work(s: Stack, who: Person, now: datetime) -> UUID:
        raw = common.read_file(number, "--number")
        return numbers.add_number(s.kit, case, raw, who, party=party, role=role, now=now)

    act_on_case(work, as_=as_, as_json=as_json, at=at)


@app.command("close")
def close_case(
    case: Case,
    reason: Annotated[
        str, typer.Option("--reason", metavar="CODE", help="One of the fixed closure reasons.")
    ],
    as_: As,
    note: Annotated[str, typer.Option("--note", help="In a person's words. No names.")] = "",
    evidence: Annotated[
        str, typer.Option("--evidence", help="A document's id or a reference, where the reason needs one.")
    ] = "",
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Close a case with a reason and your name. A lost contact needs two people."""

    act_on_case(
        lambda s, who, now: cases.close_case(
            s.kit, case, who, reason=reason, note=note, evidence=evidence, now=now
        ),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command("reopen")
def reopen_case(
    case: Case,
    reason: Reason,
    as_: As,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Follow a closed child again. What the closing ended stands open; somebody is to hear the child at once."""

    act_on_case(
        lambda s, who, now: cases.reopen_case(s.kit, case, who, note=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command("pause")
def pause_automation(
    case: Case,
    reason: Reason,
    as_: As,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Stop texts and automated calls to a family: you have the conversation now."""

    act_on_case(
        lambda s, who, now: cases.pause_automation(s.kit, case, who, note=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command("resume")
def resume_automation(
    case: Case,
    reason: Reason,
    as_: As,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Let texts and automated calls go on, after a person had taken the conversation."""

    act_on_case(
        lambda s, who, now: cases.resume_automation(s.kit, case, who, note=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command("round")
def run_round(
    name: Annotated[str, typer.Argument(metavar="contacts|lost|checks|court|address|accounts|all")],
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Run a round by hand, now. What it makes due is also sent."""

    def body(stack: Stack) -> dict[str, Any]:
        if name != "all" and name not in rounds.ROUNDS:
            raise BadInput(
                Problem(
                    "ROUND",
                    "wrong_value",
                    "There is no such round.",
                    f"Use {', '.join(rounds.ROUNDS)} or all.",
                )
            )
        begun = time.monotonic()
        now = stack.now()
        names = rounds.ROUNDS if name == "all" else (name,)
        counts: dict[str, Any] = {one: rounds.run_round(stack.kit, one, now=now) for one in names}
        if "contacts" in names:
            counts["sent"] = dispatch_messages(stack.kit, now=now)
            counts["called"] = place_calls(stack.kit, now=now)
            counts["paged"] = dispatch_pages(stack.kit, now=now)
            if stack.up is None and stack.is_sandbox:
                stack.sandbox_time().advance(now)
        return {
            "round": name,
            "at": now.isoformat(),
            "counts": counts if name == "all" else {**counts.pop(name), **counts},
            "seconds": round(time.monotonic() - begun, 3),
        }

    common.run(
        body,
        as_json=as_json,
        at=at,
        show=show.round_,
        code=lambda told: common.UNREACHABLE if _ended_early(told["counts"]) else common.DONE,
        needs=("providers", "console"),
    )


def _ended_early(counts: dict[str, Any]) -> bool:
    """True when the postal service would not go on: the homes that are left wait for the next slot."""
    return bool({"left"} & {*counts, *counts.get("address", {})})


@app.command("queue")
def show_queue(
    queue: Annotated[str | None, typer.Option("--queue", help="One queue by name.")] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Overdue duties and escalations, in one list."""
    common.run(
        lambda stack: queue_json(stack.kit, queue=queue, now=stack.now()),
        as_json=as_json,
        at=at,
        show=show.queue,
    )


@app.command("oversight")
def show_oversight(as_json: AsJson = False, at: At = None) -> None:
    """Measures for those who oversee, each with its definition and the cases behind it."""
    common.run(
        lambda stack: oversight_json(stack.kit, now=stack.now()),
        as_json=as_json,
        at=at,
        show=show.oversight,
    )


@app.command("account")
def show_account(as_json: AsJson = False, at: At = None) -> None:
    """Every released child, accounted for. Exit 1 when one is silent or unanswered."""
    common.run(
        lambda stack: account_json(stack.kit, now=stack.now()),
        as_json=as_json,
        at=at,
        show=show.account,
        code=lambda a: common.ANSWER_IS_NO if a["silent"] or a["unanswered"] else common.DONE,
    )
