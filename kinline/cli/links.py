"""The commands of linkage: the queue of links, and what a person says of one."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from integrations.desk import link_acts
from integrations.desk.link_views import links_json
from kinline.cli import common
from kinline.cli.common import As, AsJson, At, MaybeAs, Reason
from kinline.cli.vetting import act
from kinline.stack import Stack

app = typer.Typer(help="Applications that seem to share a person, document, home or phone.")
Link = Annotated[
    str, typer.Argument(metavar="LINK", help="Its id, from `kinline link list` or `kinline show --json`.")
]


@app.command("list")
def link_list(
    state: Annotated[str, typer.Option("--state", help="open, confirmed, split or all.")] = "open",
    limit: Annotated[
        int, typer.Option("--limit", help="At most so many; `total` says how many there are.")
    ] = 200,
    as_json: AsJson = False,
    at: At = None,
    as_: MaybeAs = None,
) -> None:
    """Pairs of applications that share something: what waits for a person's word, the most alike first."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.maybe_person(stack, as_)
        return links_json(stack.kit, state=state, limit=limit, viewer=who, now=stack.now())

    common.run(body, as_json=as_json, at=at, show=_show)


def _show(result: dict[str, Any]) -> None:
    if not result["items"]:
        common.OUT.print("No link is here.")
        return
    for item in result["items"]:
        one, other = (f"{a['reference']} ({a['state']})" for a in item["applications"])
        days = round(item["age_hours"] / 24)
        # On a line of its own, so that no narrow terminal cuts what must be copied.
        common.OUT.print(item["id"])
        common.OUT.print(
            f"    {item['kind']}, {item['tier']}, {item['state']} for {days} days: {one} and {other}",
            markup=False,
        )
        common.OUT.print(f"    {item['score']} points: {_why(item['features'])}", markup=False)
    if result["total"] > len(result["items"]):
        common.OUT.print(f"{result['total']} in all; --limit shows more.")


def _why(features: list[str]) -> str:
    return ", ".join(word.replace("_", " ") for word in features) or "not weighed yet"


@app.command("confirm")
def link_confirm(link: Link, as_: As, reason: Reason, as_json: AsJson = False, at: At = None) -> None:
    """Say that two applications do share what the link says: the integrity reviewer or a supervisor."""
    act(
        lambda s, who, now: link_acts.decide_link(
            s.kit, link, who, verdict="confirm", reason=reason, now=now
        ),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command("split")
def link_split(link: Link, as_: As, reason: Reason, as_json: AsJson = False, at: At = None) -> None:
    """Say that they do not. The pair is never proposed again."""
    act(
        lambda s, who, now: link_acts.decide_link(s.kit, link, who, verdict="split", reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )
