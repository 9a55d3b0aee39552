"""The commands of offices: whose children are whose, and who works where."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from integrations.database import wall_clock
from integrations.desk import offices
from kinline.cli import common
from kinline.cli.common import OUT, As, AsJson

app = typer.Typer(help="Offices: each sees the cases of its own care providers.")
user_app = typer.Typer()
Office = Annotated[str, typer.Argument(metavar="OFFICE", help="Its short name: harlingen.")]


@app.command("set")
def office_set(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="As it stands in the packets.")],
    office: Office,
    as_: As,
    as_json: AsJson = False,
) -> None:
    """The children in care of PROVIDER are this office's from now on."""
    common.run(
        lambda stack: offices.set_provider(
            stack.kit, provider, office, common.person(stack, as_), wall=wall_clock()
        ),
        as_json=as_json,
        show=lambda done: _say(f"{done['provider']} is the office {done['office']}'s."),
    )


@app.command("list")
def office_list(as_json: AsJson = False) -> None:
    """Each office with its providers and its people."""
    common.run(lambda stack: {"offices": offices.offices_json(stack.kit)}, as_json=as_json, show=_show_list)


@user_app.command("office")
def user_office(
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    as_: As,
    office: Annotated[
        str | None, typer.Option("--office", help="Where they work; without it they see all offices.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say in which office a person works. The cases of other offices are closed to them in the console."""
    common.run(
        lambda stack: offices.set_staff_office(
            stack.kit, email, office, common.person(stack, as_), wall=wall_clock()
        ),
        as_json=as_json,
        show=lambda done: _say(f"{done['email']} sees {done['office'] or 'all offices'}."),
    )


def _show_list(found: dict[str, Any]) -> None:
    for one in found["offices"]:
        _say(f"{one['office']}: {', '.join(one['providers']) or 'no provider'}")
        _say(f"  {', '.join(one['people']) or 'nobody works there'}")
    if not found["offices"]:
        _say("There is no office: everybody who may read cases sees all of them.")


def _say(words: str) -> None:
    OUT.print(words, markup=False)
