"""The commands of keys for programs."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from integrations.database import wall_clock
from integrations.identity import api_keys
from kinline.cli import common
from kinline.cli.common import OUT, As, AsJson, Reason

app = typer.Typer(help="Keys by which programs use the API.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="What the key is for: court-feed.")]


@app.command("make")
def key_make(
    name: Name,
    scope: Annotated[list[str], typer.Option("--scope", help="What it may do, such as hearings:write.")],
    as_: As,
    for_: Annotated[
        str | None, typer.Option("--for", help="The person as whom it acts, in their roles.", metavar="EMAIL")
    ] = None,
    days: Annotated[int, typer.Option("--days", help="How long it lives.")] = 90,
    as_json: AsJson = False,
) -> None:
    """Make a key. Its token is shown now and never again."""
    common.run(
        lambda stack: api_keys.make_key(
            stack.kit,
            name,
            scope,
            common.person(stack, as_),
            days=days,
            wall=wall_clock(),
            for_email=for_,
        ),
        as_json=as_json,
        show=_show_made,
    )


@app.command("revoke")
def key_revoke(name: Name, as_: As, reason: Reason, as_json: AsJson = False) -> None:
    """End a key now."""
    common.run(
        lambda stack: api_keys.revoke_key(
            stack.kit, name, common.person(stack, as_), reason=reason, wall=wall_clock()
        ),
        as_json=as_json,
        show=_show,
    )


@app.command("list")
def key_list(as_json: AsJson = False) -> None:
    """Every key that was ever made, and when it was last used."""
    common.run(
        lambda stack: {"keys": api_keys.list_keys(stack.kit, wall=wall_clock())},
        as_json=as_json,
        show=_show_list,
    )


def _show_made(found: dict[str, Any]) -> None:
    _show(found)
    OUT.print(f"{found['token']}", markup=False)
    OUT.print("Keep it where secrets are kept: it is not shown again.")


def _show(found: dict[str, Any]) -> None:
    used = f"last used {found['used_at']}" if found["used_at"] else "never used"
    whose = f" as {found['for']}" if found["for"] else ""
    OUT.print(
        f"{found['name']}: {found['state']}, for {', '.join(found['scopes'])}{whose}, until {found['ends_at']}, {used}",
        markup=False,
    )


def _show_list(found: dict[str, Any]) -> None:
    for one in found["keys"]:
        _show(one)
    if not found["keys"]:
        OUT.print(
            "No key was ever made. Make one with: kinline key make NAME --scope hearings:write --as EMAIL"
        )
