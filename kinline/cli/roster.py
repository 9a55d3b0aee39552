"""The command that compares the official list of released children with what Kinline knows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from integrations.desk.reconcile import reconcile
from kinline.cli import common, list_lines
from kinline.cli.common import OUT, AsJson, At, MaybeAs
from kinline.stack import Stack

app = typer.Typer()


@app.command("reconcile")
def reconcile_roster(
    roster: Annotated[
        Path, typer.Argument(metavar="ROSTER", help="CSV with a header, or a JSON array of objects.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would do, and change nothing.")
    ] = False,
    as_json: AsJson = False,
    at: At = None,
    as_: MaybeAs = None,
) -> None:
    """Follow each released child of the official list whom Kinline does not know, and say what else differs."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.maybe_person(stack, as_)
        found = reconcile(
            stack.kit, roster, actor=str(who.id) if who else "cli", now=stack.now(), dry_run=dry_run
        )
        return found.as_json()

    common.run(
        body,
        as_json=as_json,
        at=at,
        show=show,
        code=lambda found: common.BAD_INPUT if found["problems"] else common.DONE,
    )


_told = list_lines.teller("reference", "no reference")


def show(found: dict[str, Any]) -> None:
    """What changed and what differs, child by child, and the sums."""
    _told("not known until now", found["added"], lambda one: f"case {one['case_id'] or '-'}")
    _told(
        "said otherwise here",
        found["mismatches"],
        lambda one: f"case {one['case_id']}: {one['field']} {one['code'].replace('_', ' ')}",
    )
    _told("twice on the list", found["duplicates"], list_lines.twice)
    _told("not taken", found["problems"], list_lines.not_taken)
    _told("not on the list", found["missing_from_roster"], lambda one: f"case {one['case_id']}")
    OUT.print(
        f"{found['rows']} rows: {found['known']} known, {len(found['added'])}"
        f" {'would be added' if found['dry_run'] else 'added'}, {len(found['duplicates'])} twice,"
        f" {found['refused']} not taken; {len(found['missing_from_roster'])} released children are not on the list"
    )
