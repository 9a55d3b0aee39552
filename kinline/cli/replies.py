"""The command that shows what families wrote to the person who reads it."""

from __future__ import annotations

from typing import Any

import typer

from integrations.desk.replies import replies_json
from kinline.cli import common
from kinline.cli.common import OUT, As, AsJson, At

app = typer.Typer(help="Texts from families that no machine understands.")


@app.callback()
def replies() -> None:
    """A group of its own, so that the command keeps its second word."""


@app.command("list")
def reply_list(as_: As, as_json: AsJson = False, at: At = None) -> None:
    """The texts that wait for a person, with their words, and those of numbers that nobody knows."""
    common.run(
        lambda stack: replies_json(stack.kit, common.person(stack, as_), now=stack.now()),
        as_json=as_json,
        at=at,
        show=_show,
    )


def _show(found: dict[str, Any]) -> None:
    for item in found["items"]:
        who = f"{item['party']} of {item['case_id']}" if item["case_id"] else "a number that nobody knows"
        OUT.print(f"{item['at']} {who} ({item['meaning']}): {item['text']}", markup=False)
        if item["duty"]:
            OUT.print(f"  duty {item['duty']}, due {item['due_at']}", markup=False)
    OUT.print(f"{len(found['items'])} to read")
