"""The commands up to the release: submit, vet, show, and what named people do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from integrations.desk import by_hand
from integrations.desk import release as release_desk
from integrations.desk import vetting as desk
from integrations.desk.handing_in import hand_in
from integrations.desk.intake import MAY_SUBMIT
from integrations.desk.jobs import finish
from integrations.desk.release_papers import paper as release_paper
from integrations.desk.views import application_json
from integrations.desk.waiting import look_now, take_jobs, waiting_applications
from integrations.packets import read_path
from integrations.store.applications import find_application
from integrations.store.staff import require_role
from kinline.cli import common, show
from kinline.cli.common import As, AsJson, At, MaybeAs, Reason
from kinline.stack import Stack
from models.errors import BadInput, Problem
from models.facts import Person
from models.states import ReleasePaperKind

app = typer.Typer()
Application = Annotated[str, typer.Argument(metavar="APPLICATION", help="Its id, or the packet's reference.")]
Value = Annotated[
    str, typer.Argument(metavar="VALUE", help="approve, approve_with_prs, home_study, remand or deny.")
]


def _application(stack: Stack, key: str | UUID, viewer: Person | None = None) -> dict[str, Any]:
    return application_json(stack.kit, str(key), viewer=viewer, now=stack.now())


def act(work: Callable[[Stack, Person, datetime], UUID], *, as_: str, as_json: bool, at: str | None) -> None:
    """One act of a named person, and the application as it stands after it."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        return _application(stack, work(stack, who, stack.now()), who)

    common.run(body, as_json=as_json, at=at, show=show.application)


def day_of(value: str, option: str = "--on") -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise BadInput(
            Problem(option, "wrong_value", "This is not a date.", "Write it as 2026-02-02.")
        ) from None


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
        if who is not None:
            require_role(who, *MAY_SUBMIT)
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
        "changed": [],
        "reopened": [],
        "retake": [],
        "problems": [],
    }
    try:
        handed_in = read_path(path)
        row["reference"] = handed_in.packet.reference
        return row | hand_in(stack.kit, handed_in, actor=actor, now=stack.now())
    except BadInput as err:
        row["problems"] = [p.as_json() for p in err.problems]
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
    ids = list(dict.fromkeys(ids))
    for application_id in ids:
        with stack.kit.transaction() as session:
            look_now(session, application_id, now=now)
            taken = take_jobs(session, application_id, now=now)
        run_flow(vet_application, stack.kit, application_id=str(application_id))
        with stack.kit.transaction() as session:
            for job_id in taken:
                finish(session, job_id, now=stack.now())
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

    def work(stack: Stack, who: Person, now: datetime) -> UUID:
        content = common.read_file(typed, "--typed")
        return desk.confirm(stack.kit, application, item, who, typed=content, now=now)

    act(work, as_=as_, as_json=as_json, at=at)


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
    act(
        lambda s, who, now: desk.clear(s.kit, application, finding, who, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


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
    act(
        lambda s, who, now: desk.waive(s.kit, application, item, who, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command()
def recommend(
    application: Application,
    value: Value,
    as_: As,
    reason: Reason,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Recommend: the case manager first, then the case coordinator."""
    act(
        lambda s, who, now: desk.recommend(s.kit, application, value, who, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command()
def decide(
    application: Application,
    value: Value,
    as_: As,
    reason: Reason,
    question: Annotated[
        list[str] | None,
        typer.Option("--question", help="With remand: what must be answered first. May be given again."),
    ] = None,
    ground: Annotated[
        list[str] | None,
        typer.Option("--ground", help="With deny: why, as a code for the letter. May be given again."),
    ] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Decide: the federal field specialist."""
    act(
        lambda s, who, now: desk.decide(
            s.kit,
            application,
            value,
            who,
            reason=reason,
            questions=question or (),
            grounds=ground or (),
            now=now,
        ),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command()
def paper(
    application: Application,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="verification_of_release or discharge_notice.")],
    out: Annotated[Path, typer.Option("--out", help="The PDF to write.", metavar="FILE")],
    as_: As,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Write a paper of the release to a file, as it was made then."""

    def body(stack: Stack) -> dict[str, Any]:
        wanted = _paper_kind(kind)
        who = common.person(stack, as_)
        return common.written(out, release_paper(stack.kit, application, wanted, who, now=stack.now()))

    common.run(body, as_json=as_json, at=at, show=lambda r: common.OUT.print(f"Written: {r['file']}"))


def _paper_kind(word: str) -> ReleasePaperKind:
    try:
        return ReleasePaperKind(word)
    except ValueError:
        kinds = ", ".join(ReleasePaperKind)
        raise BadInput(
            Problem("KIND", "wrong_value", "There is no such paper.", f"Use one of: {kinds}.")
        ) from None


@app.command()
def release(
    application: Application,
    on: Annotated[str, typer.Option("--on", help="The day of the release, YYYY-MM-DD.", metavar="DATE")],
    as_: As,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Release the child to this sponsor. The gate opens only when nothing is missing."""
    act(
        lambda s, who, now: release_desk.release(s.kit, application, who, on=day_of(on), now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command()
def concern(
    application: Application, as_: As, reason: Reason, as_json: AsJson = False, at: At = None
) -> None:
    """Raise a special concern. Policy asks for more checks from then on; a concern is never taken back."""
    act(
        lambda s, who, now: by_hand.raise_concern(s.kit, application, who, words=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )
