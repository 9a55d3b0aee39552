"""The commands of the court's list of hearings: taking it in, and deciding on the rows that are in doubt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from integrations.desk import hearing_doubts
from integrations.desk.hearings import DEFAULT_SOURCE, import_file
from kinline.cli import common, court, list_lines
from kinline.cli.common import OUT, As, AsJson, At, MaybeAs, Reason
from kinline.cli.followup import Id, as_uuid
from kinline.stack import Stack

app = typer.Typer(help="Hearings of many children: the court's list, its rows in doubt, the week.")
_WHY = {
    "unknown_child": "no child of ours has this A-number",
    "birth_date_differs": "the list has another birth date",
    "padded_number": "the A-number had eight digits; taken, and to be confirmed",
}


@app.command("import")
def hearings_import(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV with a header, or a JSON array of objects.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would do, and change nothing.")
    ] = False,
    source: Annotated[
        str,
        typer.Option("--source", metavar="NAME", help="Whose list it is: each source has one of its own."),
    ] = DEFAULT_SOURCE,
    whole: Annotated[
        bool | None,
        typer.Option(
            "--whole/--part",
            help="Whether what the list lacks has vanished from it. Without either: unless it lacks too much.",
        ),
    ] = None,
    as_json: AsJson = False,
    at: At = None,
    as_: MaybeAs = None,
) -> None:
    """Take in the court's list of hearings: added, moved, cancelled, held, vanished, and in doubt."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.maybe_person(stack, as_)
        found = import_file(
            stack.kit,
            file,
            actor=str(who.id) if who else "cli",
            now=stack.now(),
            source=source,
            whole=whole,
            dry_run=dry_run,
        )
        return found.as_json()

    common.run(
        body,
        as_json=as_json,
        at=at,
        show=show,
        code=lambda found: common.BAD_INPUT if found["problems"] else common.DONE,
    )


_told = list_lines.teller("hearing_key", "no key")


def show(found: dict[str, Any]) -> None:
    """What changed, what is in doubt, and the sums."""
    for what in ("added", "moved", "cancelled", "completed", "restored", "updated"):
        _told(what, found[what], lambda one: f"case {one['case_id']}, {one['starts_at']}")
    _told(
        "no longer on the list", found["vanished"], lambda one: f"case {one['case_id']}, {one['starts_at']}"
    )
    _told("for a person to look at", found["queued"], lambda one: _WHY[one["why"]])
    _told("twice on the list", found["duplicates"], list_lines.twice)
    _told("not taken", found["problems"], list_lines.not_taken)
    if found["taken_for_a_part"]:
        OUT.print(
            "This list lacks so many hearings that it was taken for a part of the list: none has vanished."
            " If it is whole, say --whole."
        )
    counts = found["counts"]
    words = ("added", "moved", "cancelled", "completed", "restored", "updated", "unchanged", "vanished")
    OUT.print(
        f"{'Dry run, nothing was changed. ' if found['dry_run'] else ''}{found['rows']} rows: "
        + ", ".join(f"{counts[word]} {word}" for word in words)
        + f"; {counts['queued']} new for a person to look at, {counts['duplicates']} twice,"
        f" {found['refused']} not taken"
    )


@app.command("queue")
def hearings_queue(as_json: AsJson = False, at: At = None, as_: MaybeAs = None) -> None:
    """The rows of the court's list that wait for a person, oldest first."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.maybe_person(stack, as_)
        actor = str(who.id) if who else "cli"
        return {"items": hearing_doubts.open_doubts(stack.kit, actor=actor, now=stack.now())}

    common.run(body, as_json=as_json, at=at, show=_show_queue)


def _show_queue(found: dict[str, Any]) -> None:
    for one in found["items"]:
        OUT.print(
            f"{one['id']}  {one['age_hours']} h  {_WHY[one['why']]}: {one['court']}, {one['hearing_key']},"
            f" {one['starts_at']}" + (f", case {one['case_id']}" if one["case_id"] else ""),
            markup=False,
        )
    if not found["items"]:
        OUT.print("No row of the court's list waits for a person.")


@app.command("doubt")
def hearings_doubt(doubt: Id, as_: As, as_json: AsJson = False, at: At = None) -> None:
    """One row in doubt, with the A-number and birth date of the list. The look is on record."""
    common.run(
        lambda stack: hearing_doubts.doubt_in_full(
            stack.kit, as_uuid(doubt, "ID"), common.person(stack, as_), now=stack.now()
        ),
        as_json=as_json,
        at=at,
        show=lambda one: OUT.print("\n".join(f"{key}: {value}" for key, value in one.items()), markup=False),
    )


@app.command("settle")
def hearings_settle(
    doubt: Id,
    answer: Annotated[str, typer.Argument(metavar="yes|no", help="Whether it is this child's hearing.")],
    as_: As,
    reason: Reason,
    case: Annotated[
        str | None,
        typer.Option("--case", metavar="CASE", help="Whose it is, where the list's number is unknown."),
    ] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Say whose hearing it is. From then on the list's word for it counts (yes) or does not (no)."""
    common.run(
        lambda stack: hearing_doubts.settle_doubt(
            stack.kit,
            as_uuid(doubt, "ID"),
            hearing_doubts.answer_from(answer),
            common.person(stack, as_),
            reason=reason,
            case_key=case,
            now=stack.now(),
        ),
        as_json=as_json,
        at=at,
        show=lambda one: OUT.print(
            f"Settled: {one['answer']}" + (f", case {one['case_id']}" if one["case_id"] else "")
        ),
    )


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
