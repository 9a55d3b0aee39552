"""The commands about many hearings."""

from __future__ import annotations

from typing import Annotated

import typer

from kinline.cli import court
from kinline.cli.common import AsJson, At, MaybeAs

app = typer.Typer(help="Hearings of many children.")


@app.callback()
def _hearings() -> None:
    """One command so far; without this it would lose its name."""


@app.command("week")
def hearings_week(
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="The first of seven days; without it today.")
    ] = None,
    as_json: AsJson = False,
    at: At = None,
    as_: MaybeAs = None,
) -> None:
    """The hearings of a week by day: court, time there, and who has said that they will go."""
    court.week(first, as_json, at, as_)
