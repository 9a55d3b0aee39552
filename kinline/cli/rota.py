"""The commands of the rota: who is on call for a cry for help, at every hour."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from integrations.desk import rota
from kinline.cli import common
from kinline.cli.common import OUT, As, AsJson, At, Reason
from kinline.cli.followup import Id, as_uuid
from kinline.stack import Stack
from models.errors import BadInput, Problem

app = typer.Typer(help="Who is on call for a cry for help, at every hour.")


@app.command("add")
def rota_add(
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    rung: Annotated[int, typer.Option("--rung", help="1 is paged first, 2 is the fallback.")],
    until: Annotated[str, typer.Option("--until", metavar="TIME", help="When it ends.")],
    as_: As,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="When it begins, if not now.")
    ] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Put a person on the rota for a time."""

    def body(stack: Stack) -> dict[str, Any]:
        ends_at = common.moment(until, "--until")
        if ends_at is None:
            raise BadInput(Problem("--until", "missing", "Say until when.", "Add --until TIME."))
        now = stack.now()
        return rota.add(
            stack.kit,
            email,
            common.person(stack, as_),
            rung=rung,
            begins_at=common.moment(from_, "--from") or now,
            ends_at=ends_at,
            now=now,
        )

    common.run(body, as_json=as_json, at=at, show=_show)


@app.command("end")
def rota_end(on_call: Id, as_: As, reason: Reason, as_json: AsJson = False, at: At = None) -> None:
    """End a time on the rota now, whether it has begun or not."""
    common.run(
        lambda stack: rota.end(
            stack.kit,
            as_uuid(on_call, "ID", printed_by="kinline rota list"),
            common.person(stack, as_),
            reason=reason,
            now=stack.now(),
        ),
        as_json=as_json,
        at=at,
        show=_show,
    )


@app.command("list")
def rota_list(as_json: AsJson = False, at: At = None) -> None:
    """Who is on call now and ahead. Exit 1 when there is a gap."""
    common.run(
        lambda stack: rota.rota_json(stack.kit, now=stack.now()),
        as_json=as_json,
        at=at,
        show=_show,
        code=lambda r: common.ANSWER_IS_NO if r["gaps"] else common.DONE,
    )


def _show(found: dict[str, Any]) -> None:
    for item in found["on_call"]:
        when = "now, " if item["now"] else ""
        phone = "" if item["reachable"] else "; CAN'T BE PAGED"
        OUT.print(
            f"rung {item['rung']}: {item['email']}, {when}{item['from']} to {item['until']} ({item['id']}){phone}",
            markup=False,
        )
    for gap in found["gaps"]:
        OUT.print(f"NOBODY on rung {gap['rung']}: {gap['from']} to {gap['until']}", markup=False)
    if not found["gaps"]:
        OUT.print(f"No gap in the next {found['look_ahead_days']} days.")
