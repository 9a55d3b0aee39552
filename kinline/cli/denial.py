"""The commands after a denial: its letter, and the appeal against it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from integrations.desk import appeals
from kinline.cli import common
from kinline.cli.common import OUT, As, AsJson, At, Reason
from kinline.cli.vetting import Application, act, day_of
from kinline.stack import Stack

denial_app = typer.Typer(help="The letter of a denial.")
appeal_app = typer.Typer(help="Appeals against a denial.")


@denial_app.command("letter")
def denial_letter(
    application: Application,
    out: Annotated[Path, typer.Option("--out", help="The PDF to write.", metavar="FILE")],
    as_: As,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Write the letter to a file: as it went out, or as it would go out today."""

    def body(stack: Stack) -> dict[str, Any]:
        content = appeals.letter(stack.kit, application, common.person(stack, as_), now=stack.now())
        return common.written(out, content)

    common.run(body, as_json=as_json, at=at, show=lambda r: OUT.print(f"Written: {r['file']}"))


@denial_app.command("send")
def denial_send(
    application: Application,
    as_: As,
    method: Annotated[str, typer.Option("--method", help="post, in_person or email.")],
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Say that the letter has gone out: the federal field specialist or a supervisor."""
    act(
        lambda s, who, now: appeals.send_letter(s.kit, application, who, method=method, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@appeal_app.command("file")
def appeal_file(
    application: Application,
    by: Annotated[str, typer.Option("--by", help="Who appeals: sponsor or child.")],
    on: Annotated[str, typer.Option("--on", help="The day it came in, YYYY-MM-DD.", metavar="DATE")],
    as_: As,
    reason: Reason,
    hearing: Annotated[bool, typer.Option("--hearing", help="They ask for a hearing.")] = False,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """File an appeal that has come in, in writing: the case manager or a supervisor."""
    act(
        lambda s, who, now: appeals.file_appeal(
            s.kit,
            application,
            by,
            who,
            received_on=day_of(on),
            with_hearing=hearing,
            reason=reason,
            now=now,
        ),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@appeal_app.command("acknowledge")
def appeal_acknowledge(application: Application, as_: As, as_json: AsJson = False, at: At = None) -> None:
    """Say that whoever appealed has been told that the appeal is here."""
    act(
        lambda s, who, now: appeals.acknowledge_appeal(s.kit, application, who, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@appeal_app.command("deliver")
def appeal_deliver(
    application: Application,
    as_: As,
    reason: Reason,
    withheld: Annotated[
        bool, typer.Option("--withheld", help="Kept back: it would endanger the child.")
    ] = False,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Say that the evidence file was handed over, and how; or why it is kept back."""
    act(
        lambda s, who, now: appeals.deliver_file(
            s.kit, application, who, withheld=withheld, reason=reason, now=now
        ),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@appeal_app.command("decide")
def appeal_decide(
    application: Application,
    outcome: Annotated[str, typer.Argument(metavar="OUTCOME", help="upheld or reversed.")],
    as_: As,
    reason: Reason,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Decide an appeal: a supervisor who had no part in the denial."""
    act(
        lambda s, who, now: appeals.decide_appeal(s.kit, application, outcome, who, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )
