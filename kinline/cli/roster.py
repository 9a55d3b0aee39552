"""The command that compares the official list of released children with what Kinline knows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from integrations.desk.reconcile import reconcile
from kinline.cli import common
from kinline.cli.common import OUT, AsJson, At, MaybeAs
from kinline.stack import Stack

app = typer.Typer()
# How many of a kind are told on a terminal. `--json` names them all.
_TOLD = 50


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


def show(found: dict[str, Any]) -> None:
    """What changed and what differs, child by child, and the sums."""
    _told("not known until now", found["added"], lambda one: f"case {one['case_id'] or '-'}")
    _told(
        "said otherwise here",
        found["mismatches"],
        lambda one: f"case {one['case_id']}: {one['field']} {one['code'].replace('_', ' ')}",
    )
    _told(
        "twice on the list",
        found["duplicates"],
        lambda one: (
            f"first in line {one['first_line']}"
            + (f", with another {', '.join(one['differs'])}" if one["differs"] else "")
        ),
    )
    _told(
        "not taken",
        found["problems"],
        lambda one: f"{one['field']}: {one['message']} {one['remedy']}",
    )
    _told("not on the list", found["missing_from_roster"], lambda one: f"case {one['case_id']}")
    OUT.print(
        f"{found['rows']} rows: {found['known']} known, {len(found['added'])}"
        f" {'would be added' if found['dry_run'] else 'added'}, {len(found['duplicates'])} twice,"
        f" {found['refused']} not taken; {len(found['missing_from_roster'])} released children are not on the list"
    )


def _told(what: str, rows: list[dict[str, Any]], say: Any) -> None:
    for row in rows[:_TOLD]:
        place = f"line {row['line']}, " if "line" in row else ""
        OUT.print(f"{what}: {place}{row['reference'] or 'no reference'}, {say(row)}", markup=False)
    if len(rows) > _TOLD:
        OUT.print(f"{what}: {len(rows) - _TOLD} more; --json names them all")
