"""The commands of post-release services: a child's level, and visits to the home."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from integrations.desk import calls, prs_acts
from integrations.desk.views import case_json
from kinline.cli import common, show
from kinline.cli.common import As, AsJson, At, Reason
from kinline.cli.followup import Case
from kinline.stack import Stack
from models.states import CallOutcome, Channel, Party, PrsLevel

prs_app = typer.Typer(help="A child's post-release services.")
visit_app = typer.Typer(help="Visits to the child's home.")


@prs_app.callback()
@visit_app.callback()
def _group() -> None:
    """Each has one command so far; without this it would lose its name."""


@prs_app.command("level")
def prs_level(
    case: Case,
    level: Annotated[PrsLevel, typer.Argument(metavar="LEVEL", help="1, 2 or 3.")],
    as_: As,
    reason: Reason,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Say how much help this child gets from now on. What is done stays; what is open is planned anew."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        now = stack.now()
        found = prs_acts.set_level(stack.kit, case, who, level=level, reason=reason, now=now)
        return case_json(stack.kit, str(found), actor=str(who.id), now=now)

    common.run(body, as_json=as_json, at=at, show=show.case)


@visit_app.command("record")
def visit_record(
    case: Case,
    outcome: Annotated[
        CallOutcome,
        typer.Option("--outcome", help="What came of it; no_answer when nobody opened."),
    ],
    answers: Annotated[Path, typer.Option("--answers", help="JSON of the structured answers, as of a call.")],
    as_: As,
    true_time: Annotated[
        str | None, typer.Option("--true-time", help="When it really was, if written down late.")
    ] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Write down a visit that you made to the child's home. Only this settles a visit."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        now = stack.now()
        found = calls.record_call(
            stack.kit,
            case,
            party=Party.CHILD,
            outcome=outcome,
            answers=common.read_file(answers, "--answers"),
            person=who,
            now=now,
            true_time=common.moment(true_time, "--true-time"),
            channel=Channel.VISIT,
        )
        return case_json(stack.kit, str(found), actor=str(who.id), now=now)

    common.run(body, as_json=as_json, at=at, show=show.case)
