"""The commands to find a child whose contact is lost."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from integrations.desk import lost
from kinline.cli import common
from kinline.cli.cases import Case, act_on_case
from kinline.cli.common import As, AsJson, At, Reason
from kinline.stack import Stack
from models.facts import Person
from models.states import LostOutcome

app = typer.Typer(help="Find a child whose contact is lost.")
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

    def work(s: Stack, who: Person, now: datetime) -> UUID:
        record = lost.StepRecord(
            outcome,
            common.read_file(note, "--note").decode(errors="replace"),
            spoke_with.value,
            alone,
            common.moment(true_time, "--true-time"),
        )
        return lost.record_step(s.kit, case, step, who, record, now=now)

    act_on_case(work, as_=as_, as_json=as_json, at=at)


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

    act_on_case(
        lambda s, who, now: lost.decide(s.kit, case, step, who, yes=word is Word.YES, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )
