"""The commands up to the release: submit, vet, show, and what named people do."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from integrations.desk import release as release_desk
from integrations.desk import vetting as desk
from integrations.desk.intake import submit as take_in
from integrations.desk.views import application_json
from integrations.desk.waiting import look_now, take_jobs, waiting_applications
from integrations.packets import read_path
from integrations.store.applications import find_application
from kinline.cli import common, show
from kinline.cli.common import As, AsJson, At, MaybeAs, Reason
from kinline.stack import Stack
from models.errors import BadInput, Problem

app = typer.Typer()
Application = Annotated[str, typer.Argument(metavar="APPLICATION", help="Its id, or the packet's reference.")]


def _application(stack: Stack, key: str | UUID, viewer: Any = None) -> dict[str, Any]:
    return application_json(stack.kit, str(key), viewer=viewer, now=stack.now())


@app.command()
def submit(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Folders or zip files.")],
    as_json: AsJson = False,
    at: At = None,
    as_: MaybeAs = None,
) -> None:
    """Hand in sponsor packets. The same bytes again change nothing; changed content amends."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.maybe_person(stack, as_)
        actor = str(who.id) if who else "cli"
        return {"results": [_submit_one(stack, path, actor) for path in paths]}

    common.run(
        body,
        as_json=as_json,
        at=at,
        show=show.submitted,
        code=lambda result: (
            common.BAD_INPUT if any(r["problems"] for r in result["results"]) else common.DONE
        ),
    )


def _submit_one(stack: Stack, path: Path, actor: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "path": str(path),
        "reference": None,
        "application_id": None,
        "state": None,
        "revision": None,
        "problems": [],
    }
    try:
        handed_in = read_path(path)
        row["reference"] = handed_in.packet.reference
        taken = take_in(stack.kit, handed_in, actor=actor, now=stack.now())
    except BadInput as err:
        row["problems"] = [p.as_json() for p in err.problems]
        return row
    row.update(
        application_id=str(taken.application_id), state=taken.state, revision=taken.revision, how=taken.how
    )
    return row


@app.command()
def vet(
    applications: Annotated[list[str] | None, typer.Argument(metavar="[APPLICATION]...")] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Order what is missing and collect what has arrived. Without names: every application that waits."""

    def body(stack: Stack) -> dict[str, Any]:
        return {"results": [_application(stack, i) for i in vet_now(stack, applications)]}

    common.run(
        body, as_json=as_json, at=at, show=show.applications, needs=("providers", "console", "prefect")
    )


def vet_now(stack: Stack, keys: list[str] | None) -> list[UUID]:
    """These applications, or all that wait, have been through the flow. Returns their ids."""
    from flows.running import run_flow
    from flows.vet_application import vet_application

    now = stack.now()
    with stack.kit.transaction() as session:
        ids = [find_application(session, k).id for k in keys] if keys else waiting_applications(session)
        for application_id in ids:
            look_now(session, application_id, now=now)
            take_jobs(session, application_id, now=now)
    for application_id in ids:
        run_flow(vet_application, stack.kit, application_id=str(application_id))
    return ids


@app.command("show")
def show_application(
    application: Application, as_json: AsJson = False, at: At = None, as_: MaybeAs = None
) -> None:
    """One application: state, what is required, checks, findings, the gate."""
    common.run(
        lambda stack: _application(stack, application, common.maybe_person(stack, as_)),
        as_json=as_json,
        at=at,
        show=show.application,
    )


@app.command()
def confirm(
    application: Application,
    item: Annotated[
        str,
        typer.Argument(metavar="ITEM", help="Such as sponsor_identity or household_identity@household:0."),
    ],
    as_: As,
    typed: Annotated[Path, typer.Option("--typed", help="JSON of what you read from the document.")],
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Say what you read from a document, by typing it."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        content = common.read_file(typed, "--typed")
        return _application(
            stack, desk.confirm(stack.kit, application, item, who, typed=content, now=stack.now()), who
        )

    common.run(body, as_json=as_json, at=at, show=show.application)


@app.command()
def clear(
    application: Application,
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="Its code, key or id.")],
    as_: As,
    reason: Reason,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Settle a `review` finding, with reasons."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        return _application(
            stack, desk.clear(stack.kit, application, finding, who, reason=reason, now=stack.now()), who
        )

    common.run(body, as_json=as_json, at=at, show=show.application)


@app.command()
def waive(
    application: Application,
    item: Annotated[str, typer.Argument(metavar="ITEM")],
    as_: As,
    reason: Reason,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Give one of the two voices of a waiver. It counts once a second person has given theirs."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        return _application(
            stack, desk.waive(stack.kit, application, item, who, reason=reason, now=stack.now()), who
        )

    common.run(body, as_json=as_json, at=at, show=show.application)


@app.command()
def recommend(
    application: Application,
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help="approve, approve_with_prs, home_study, remand or deny.")
    ],
    as_: As,
    reason: Reason,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Recommend: the case manager first, then the case coordinator."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        return _application(
            stack, desk.recommend(stack.kit, application, value, who, reason=reason, now=stack.now()), who
        )

    common.run(body, as_json=as_json, at=at, show=show.application)


@app.command()
def decide(
    application: Application,
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help="approve, approve_with_prs, home_study, remand or deny.")
    ],
    as_: As,
    reason: Reason,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Decide: the federal field specialist."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        return _application(
            stack, desk.decide(stack.kit, application, value, who, reason=reason, now=stack.now()), who
        )

    common.run(body, as_json=as_json, at=at, show=show.application)


@app.command()
def release(
    application: Application,
    on: Annotated[str, typer.Option("--on", help="The day of the release, YYYY-MM-DD.", metavar="DATE")],
    as_: As,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Release the child to this sponsor. The gate opens only when nothing is missing."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        try:
            day = date.fromisoformat(on)
        except ValueError:
            raise BadInput(
                Problem("--on", "wrong_value", "This is not a date.", "Write it as 2026-02-02.")
            ) from None
        return _application(
            stack, release_desk.release(stack.kit, application, who, on=day, now=stack.now()), who
        )

    common.run(body, as_json=as_json, at=at, show=show.application)


check_app = typer.Typer(help="Results of checks that people bring in or judge.")
homestudy_app = typer.Typer(help="Home studies: ordered, and their reports.")


@check_app.command("adjudicate")
def check_adjudicate(
    application: Application,
    check: Annotated[str, typer.Argument(metavar="CHECK", help="Its kind (with @subject) or id.")],
    as_: As,
    reason: Reason,
    verdict: Annotated[str, typer.Option("--verdict", help="clear or bar.")],
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Judge a hit that needs review. Two people must; if they differ, the graver word stands."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        found = desk.adjudicate(
            stack.kit, application, check, who, verdict=verdict, reason=reason, now=stack.now()
        )
        return _application(stack, found, who)

    common.run(body, as_json=as_json, at=at, show=show.application)


@homestudy_app.command("order")
def homestudy_order(
    application: Application, as_: As, reason: Reason, as_json: AsJson = False, at: At = None
) -> None:
    """Order a home study: the federal field specialist."""
    _home_study(application, "order", as_, None, reason, as_json, at)


@homestudy_app.command("receive")
def homestudy_receive(
    application: Application,
    as_: As,
    reason: Reason,
    result: Annotated[str, typer.Option("--result", help="positive or negative.")] = "positive",
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Record that the report of a home study has come in: the case manager."""
    _home_study(application, "receive", as_, result, reason, as_json, at)


def _home_study(
    application: str, step: str, as_: str, result: str | None, reason: str, as_json: bool, at: str | None
) -> None:
    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        found = desk.home_study(
            stack.kit, application, step, who, result=result, reason=reason, now=stack.now()
        )
        return _application(stack, found, who)

    common.run(body, as_json=as_json, at=at, show=show.application)
