"""The commands of post-release services: a child's level, and visits to the home."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from integrations.desk import calls, prs_acts
from kinline.cli import common
from kinline.cli.cases import Case, act_on_case
from kinline.cli.common import As, AsJson, At, Reason
from models.contacts import CallOutcome, Channel
from models.states import Party, PrsLevel

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

    act_on_case(
        lambda s, who, now: prs_acts.set_level(s.kit, case, who, level=level, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


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

    act_on_case(
        lambda s, who, now: calls.record_call(
            s.kit,
            case,
            party=Party.CHILD,
            outcome=outcome,
            answers=common.read_file(answers, "--answers"),
            person=who,
            now=now,
            true_time=common.moment(true_time, "--true-time"),
            channel=Channel.VISIT,
        ),
        as_=as_,
        as_json=as_json,
        at=at,
    )
