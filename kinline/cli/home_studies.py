"""The commands of home studies: ordered, received, overridden, and the services after them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from integrations.desk import home_studies
from kinline.cli import common
from kinline.cli.common import As, AsJson, At, Reason
from kinline.cli.vetting import Application, act
from kinline.stack import Stack
from models.facts import Person

app = typer.Typer(help="Home studies: ordered, and their reports.")


@app.command("order")
def homestudy_order(
    application: Application, as_: As, reason: Reason, as_json: AsJson = False, at: At = None
) -> None:
    """Order a home study, or an addendum to one that has come back: the federal field specialist."""
    act(
        lambda s, who, now: home_studies.order(s.kit, application, who, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command("receive")
def homestudy_receive(
    application: Application,
    as_: As,
    reason: Reason,
    result: Annotated[str, typer.Option("--result", help="positive or negative.")],
    report: Annotated[
        Path | None,
        typer.Option("--report", help="The report; without it, the packet's home_study_report counts."),
    ] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Record that the report of a home study has come in: the case manager."""

    def work(stack: Stack, who: Person, now: datetime) -> UUID:
        paper = (report.name, common.read_file(report, "--report")) if report else None
        return home_studies.receive(
            stack.kit, application, who, result=result, report=paper, reason=reason, now=now
        )

    act(work, as_=as_, as_json=as_json, at=at)


@app.command("override")
def homestudy_override(
    application: Application, as_: As, reason: Reason, as_json: AsJson = False, at: At = None
) -> None:
    """Give one of two voices why a negative home study does not stand in the way: the decider's comes first."""
    act(
        lambda s, who, now: home_studies.override(s.kit, application, who, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command("prs")
def homestudy_prs(
    application: Application,
    as_: As,
    reason: Reason,
    answer: Annotated[str, typer.Option("--answer", help="accepted or declined.")],
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Record that post-release services were offered after a home study, and the answer: the case manager."""
    act(
        lambda s, who, now: home_studies.offer_prs(
            s.kit, application, who, answer=answer, reason=reason, now=now
        ),
        as_=as_,
        as_json=as_json,
        at=at,
    )
