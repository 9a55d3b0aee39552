"""The commands of merging: the sponsors of two applications are one person, and not any more."""

from __future__ import annotations

from typing import Annotated

import typer

from integrations.desk import merges
from kinline.cli.common import As, AsJson, At, Reason
from kinline.cli.vetting import act

app = typer.Typer(help="Sponsors who are one person.")
One = Annotated[str, typer.Argument(metavar="A", help="An application: its id, or the packet's reference.")]
Other = Annotated[str, typer.Argument(metavar="B", help="The other application.")]


@app.command("merge")
def person_merge(
    one: One, other: Other, as_: As, reason: Reason, as_json: AsJson = False, at: At = None
) -> None:
    """Give one of the two voices that the sponsors of A and B are one person."""
    act(
        lambda s, who, now: merges.merge(s.kit, one, other, who, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command("unmerge")
def person_unmerge(
    one: One, other: Other, as_: As, reason: Reason, as_json: AsJson = False, at: At = None
) -> None:
    """Undo it: they are two again, as before."""
    act(
        lambda s, who, now: merges.unmerge(s.kit, one, other, who, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )
