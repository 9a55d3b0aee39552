"""The commands of the ladder beside recommending and deciding."""

from __future__ import annotations

from typing import Annotated

import typer

from integrations.desk import ladder
from kinline.cli.common import As, AsJson, At, Reason
from kinline.cli.vetting import Application, act

app = typer.Typer()
consult_app = typer.Typer(help="Case consultations before a denial.")
Questions = Annotated[
    list[str], typer.Option("--question", help="What the case manager must answer. May be given again.")
]


@app.command()
def ask(
    application: Application, as_: As, question: Questions, as_json: AsJson = False, at: At = None
) -> None:
    """Ask the case manager before recommending: the case coordinator."""
    act(
        lambda s, who, now: ladder.ask(s.kit, application, question, who, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command()
def answer(
    application: Application,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The question's number.")],
    as_: As,
    text: Annotated[str, typer.Option("--text", help="The answer. It is sealed, and stays as it is.")],
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Answer one question: the case manager."""
    act(
        lambda s, who, now: ladder.answer(s.kit, application, number, text, who, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command("waive-review")
def waive_review(
    application: Application, as_: As, reason: Reason, as_json: AsJson = False, at: At = None
) -> None:
    """Do without the case coordinator's review: the federal field specialist, on record."""
    act(
        lambda s, who, now: ladder.waive_review(s.kit, application, who, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@consult_app.command("ask")
def consult_ask(
    application: Application, as_: As, reason: Reason, as_json: AsJson = False, at: At = None
) -> None:
    """Ask for a case consultation: the federal field specialist, before a denial of a parent or guardian."""
    act(
        lambda s, who, now: ladder.consult(s.kit, application, who, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@consult_app.command("conclude")
def consult_conclude(
    application: Application,
    outcome: Annotated[
        str, typer.Argument(metavar="OUTCOME", help="denial_supported or denial_not_supported.")
    ],
    as_: As,
    reason: Reason,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Conclude the consultation, with its reasoning: a supervisor."""
    act(
        lambda s, who, now: ladder.conclude(s.kit, application, outcome, who, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command()
def withdraw(
    application: Application, as_: As, reason: Reason, as_json: AsJson = False, at: At = None
) -> None:
    """Take an application off the ladder. Its duties are void; the packet may be handed in again."""
    act(
        lambda s, who, now: ladder.withdraw(s.kit, application, who, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command()
def review(application: Application, as_: As, reason: Reason, as_json: AsJson = False, at: At = None) -> None:
    """Review an application that is still pending, and say why it is: a supervisor."""
    act(
        lambda s, who, now: ladder.review(s.kit, application, who, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )
