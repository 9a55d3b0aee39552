"""The commands of interviews before a release."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from integrations.desk import interviews
from integrations.questions import question_set
from kinline.cli import common
from kinline.cli.common import As, AsJson, At
from kinline.cli.vetting import Application, act
from kinline.stack import Stack
from models.errors import BadInput
from models.facts import Person
from models.interview import UNSAID
from vetting.interviews import parse_interviewee

app = typer.Typer(help="What child, sponsor and parent abroad say before a release.")
With = Annotated[str, typer.Option("--with", help="child, sponsor or parent_abroad.", metavar="WHO")]


@app.command("record")
def interview_record(
    application: Application,
    with_: With,
    answers: Annotated[Path, typer.Option("--answers", help="JSON of what was answered.", metavar="FILE")],
    as_: As,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Write down an interview that you held: the case manager, a supervisor or the integrity reviewer."""

    def work(stack: Stack, who: Person, now: Any) -> UUID:
        content = common.read_file(answers, "--answers")
        return interviews.record(stack.kit, application, who, party=with_, answers=content, now=now)

    act(work, as_=as_, as_json=as_json, at=at)


@app.command("show")
def interview_show(application: Application, as_: As, as_json: AsJson = False, at: At = None) -> None:
    """What was answered: for those who may hold an interview. That you looked is on record."""

    def body(stack: Stack) -> dict[str, Any]:
        return interviews.read(stack.kit, application, common.person(stack, as_), now=stack.now())

    common.run(body, as_json=as_json, at=at, show=_show_answers)


@app.command("questions")
def interview_questions(with_: With, as_json: AsJson = False) -> None:
    """The questions of today for one of them, each with its code, its answers and its source."""
    try:
        party = parse_interviewee(with_)
    except BadInput as err:
        raise typer.Exit(common.explain(err, as_json=as_json)) from None
    asked = question_set()
    common.emit(
        {
            "version": asked.version,
            "title": asked.title,
            "unsaid": list(UNSAID),
            "questions": [
                {
                    "code": q.code,
                    "ask": q.ask[party],
                    "answers": list(q.answers),
                    "source": q.source,
                    "unverified": q.unverified,
                }
                for q in asked.asked_of(party)
            ],
        },
        as_json=as_json,
        show=_show,
    )


def _show(result: dict[str, Any]) -> None:
    common.OUT.print(f"{result['version']}: {result['title']}", markup=False)
    for asked in result["questions"]:
        words = ", ".join(asked["answers"])
        common.OUT.print(f"  {asked['code']}: {asked['ask']}\n      {words}", markup=False)
    common.OUT.print(f"Each may also be {', '.join(result['unsaid'])}.", markup=False)


def _show_answers(result: dict[str, Any]) -> None:
    if not result["interviews"]:
        common.OUT.print("No interview has been written down.")
    for one in result["interviews"]:
        alone = {True: ", alone", False: ", not alone", None: ""}[one["alone"]]
        common.OUT.print(
            f"{one['with']}{alone}, {one['at']}, by {one['by']} ({one['question_set']})", markup=False
        )
        for code, said in one["answers"].items():
            common.OUT.print(f"  {code}: {said}", markup=False)
        for name in ("language", "interpreter", "note"):
            if one[name]:
                common.OUT.print(f"  {name}: {one[name]}", markup=False)
