"""The commands about homes where unrelated children or sponsors come together: for the integrity reviewer."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from integrations.desk import concentration_views, concentrations
from kinline.cli import common
from kinline.cli.common import As, AsJson, At, Reason
from kinline.stack import Stack

app = typer.Typer(help="Homes where several unrelated children or sponsors come together over time.")
Place = Annotated[str, typer.Argument(metavar="ID", help="Its id, from `kinline concentration list`.")]


@app.command("list")
def concentration_list(
    as_: As,
    state: Annotated[str, typer.Option("--state", help="open, reviewed or all.")] = "open",
    limit: Annotated[
        int, typer.Option("--limit", help="At most so many; `total` says how many there are.")
    ] = 200,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Places that wait for the integrity reviewer, the longest waiting first. Names no child."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        return concentration_views.concentrations_json(
            stack.kit, state=state, limit=limit, person=who, now=stack.now()
        )

    common.run(body, as_json=as_json, at=at, show=_show_list)


@app.command("show")
def concentration_show(place: Place, as_: As, as_json: AsJson = False, at: At = None) -> None:
    """One place with the cases of its children. Each look is on record, counted, and listed to oversight."""
    common.run(
        lambda stack: concentration_views.concentration_json(
            stack.kit, place, common.person(stack, as_), now=stack.now()
        ),
        as_json=as_json,
        at=at,
        show=_show_one,
    )


@app.command("review")
def concentration_review(
    place: Place, as_: As, reason: Reason, as_json: AsJson = False, at: At = None
) -> None:
    """Say what you found there. The place comes back only when a new child arrives."""

    def body(stack: Stack) -> dict[str, Any]:
        who, now = common.person(stack, as_), stack.now()
        found = concentrations.review(stack.kit, place, who, reason=reason, now=now)
        return {"id": str(found), "state": "reviewed", "by": who.email}

    common.run(
        body,
        as_json=as_json,
        at=at,
        show=lambda done: common.OUT.print(f"Reviewed by {done['by']}.", markup=False),
    )


@app.command("watch")
def concentration_watch(
    whole: Annotated[
        bool, typer.Option("--all", help="The whole history, not only what changed since the last look.")
    ] = False,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Look for such places now. The address round does it each day for what has changed."""

    def body(stack: Stack) -> dict[str, Any]:
        counts = concentrations.watch(stack.kit, whole=whole, now=stack.now())
        return {"new": counts.get("concentrations", 0), "again": counts.get("concentrations_again", 0)}

    common.run(
        body,
        as_json=as_json,
        at=at,
        show=lambda done: common.OUT.print(f"{done['new']} new places, {done['again']} that wait again."),
    )


@app.command("looks")
def concentration_looks(as_: As, as_json: AsJson = False, at: At = None) -> None:
    """For auditors and supervisors: who looked into how many places, day by day."""
    common.run(
        lambda stack: concentration_views.looks_json(stack.kit, common.person(stack, as_), now=stack.now()),
        as_json=as_json,
        at=at,
        show=_show_looks,
    )


def _show_list(result: dict[str, Any]) -> None:
    if not result["items"]:
        common.OUT.print("No place is here.")
    for item in result["items"]:
        # On a line of its own, so that no narrow terminal cuts what must be copied.
        common.OUT.print(item["id"])
        common.OUT.print(f"    {_counts(item)}", markup=False)
    if result["total"] > len(result["items"]):
        common.OUT.print(f"{result['total']} in all; --limit shows more.")


def _counts(item: dict[str, Any]) -> str:
    told = (
        f"one {item['by']}: {item['children']} children of {item['families']} families, {item['sponsors']} sponsors,"
        f" {item['first_at'][:10]} to {item['last_at'][:10]}"
    )
    if item["state"] == "reviewed":
        return f"{told}; reviewed by {item['reviewed_by']}: {item['reason']}"
    owned = f"due {item['due_at'][:10]}" if item["due_at"] else "no child there is followed any more"
    return f"{told}; open for {round(item['age_hours'] / 24)} days, {owned}"


def _show_one(item: dict[str, Any]) -> None:
    common.OUT.print(_counts(item), markup=False)
    for case in item["cases"]:
        common.OUT.print(case["case_id"])
        references = ", ".join(case["applications"])
        common.OUT.print(f"    {case['state']}, since {case['arrived_at'][:10]}: {references}", markup=False)


def _show_looks(result: dict[str, Any]) -> None:
    if not result["items"]:
        common.OUT.print("Nobody has looked in the last 30 days.")
    for item in result["items"]:
        common.OUT.print(f"{item['day']}  {item['by']}: {item['looks']}", markup=False)
