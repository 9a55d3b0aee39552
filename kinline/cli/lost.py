"""The commands to find a child whose contact is lost."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from integrations.desk import lost
from integrations.desk.views import case_json
from kinline.cli import common, show
from kinline.cli.common import As, AsJson, At, Reason
from kinline.stack import Stack
from models.states import LostOutcome

app = typer.Typer(help="Find a child whose contact is lost.")
Case = Annotated[str, typer.Argument(metavar="CASE", help="Its id, or the packet's reference.")]
Step = Annotated[str, typer.Argument(metavar="STEP", help="As the case's policy names it: school_check, ...")]


class Spoke(StrEnum):
    NOBODY = "nobody"
    CHILD = "child"
    SPONSOR = "sponsor"
    OTHER = "other"


class Word(StrEnum):
    YES = "yes"
    NO = "no"


@app.command("record")
def lost_record(
    case: Case,
    step: Step,
    outcome: Annotated[LostOutcome, typer.Option("--outcome", help="What came of it.")],
    note: Annotated[Path, typer.Option("--note", help="A file with what was done. It is sealed.")],
    as_: As,
    spoke_with: Annotated[Spoke, typer.Option("--spoke-with", help="Whom you spoke with.")] = Spoke.NOBODY,
    alone: Annotated[
        bool | None, typer.Option("--alone/--not-alone", help="Of a talk with the child: was it alone?")
    ] = None,
    true_time: Annotated[
        str | None, typer.Option("--true-time", help="When it really was, if written down late.")
    ] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Write down what came of a step. A talk with the child finds it, and the plan goes on."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        record = lost.StepRecord(
            outcome,
            common.read_file(note, "--note").decode(errors="replace"),
            spoke_with.value,
            alone,
            common.moment(true_time, "--true-time"),
        )
        found = lost.record_step(stack.kit, case, step, who, record, now=stack.now())
        return case_json(stack.kit, str(found), actor=str(who.id), now=stack.now())

    common.run(body, as_json=as_json, at=at, show=show.case)


@app.command("decide")
def lost_decide(
    case: Case,
    step: Annotated[str, typer.Argument(metavar="STEP", help="welfare_check or home_country.")],
    word: Annotated[Word, typer.Argument(metavar="WORD", help="yes or no.")],
    as_: As,
    reason: Reason,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Decide whether a local authority is asked, or whether people may call the home country: a supervisor."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        found = lost.decide(stack.kit, case, step, who, yes=word is Word.YES, reason=reason, now=stack.now())
        return case_json(stack.kit, str(found), actor=str(who.id), now=stack.now())

    common.run(body, as_json=as_json, at=at, show=show.case)
