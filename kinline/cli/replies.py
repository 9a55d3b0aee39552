"""The commands that show what families wrote to the person who reads it, and take down what was read."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from integrations.desk.reading import READABLE, read_reply
from integrations.desk.replies import replies_json
from kinline.cli import common, sentences
from kinline.cli.common import OUT, As, AsJson, At, Reason
from kinline.cli.followup import as_uuid

app = typer.Typer(help="Texts from families that no machine understands.")


@app.command("list")
def reply_list(as_: As, as_json: AsJson = False, at: At = None) -> None:
    """The texts that wait for a person, with their words, and those of numbers that nobody knows."""
    common.run(
        lambda stack: replies_json(stack.kit, common.person(stack, as_), now=stack.now()),
        as_json=as_json,
        at=at,
        show=_show,
    )


@app.command("read")
def reply_read(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Its id, from `kinline reply list`.")],
    as_: As,
    meaning: Annotated[str, typer.Option("--meaning", help=f"One of {', '.join(READABLE)}.")],
    reason: Reason,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Say what you read in a text. What follows from it begins, and the duty to read it is done."""
    common.run(
        lambda stack: read_reply(
            stack.kit,
            as_uuid(text, "TEXT", printed_by="kinline reply list"),
            common.person(stack, as_),
            meaning=meaning,
            reason=reason,
            now=stack.now(),
        ),
        as_json=as_json,
        at=at,
        show=sentences.reply_read,
    )


def _show(found: dict[str, Any]) -> None:
    for item in found["items"]:
        who = f"{item['party']} of {item['case_id']}" if item["case_id"] else "a number that nobody knows"
        OUT.print(f"{item['at']} {who} ({item['meaning']}): {item['text']}", markup=False)
        paging = f", the person on call: {item['paging']}" if item["paging"] else ""
        OUT.print(f"  text {item['id']}{paging}", markup=False)
        if item["duty"]:
            OUT.print(f"  duty {item['duty']}, due {item['due_at']}", markup=False)
    OUT.print(f"{len(found['items'])} to read")
