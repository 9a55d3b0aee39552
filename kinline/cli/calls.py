"""The commands of a caller's tasks: what is due, one to call, and the answers as they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from integrations.desk import call_tasks
from kinline.cli import common
from kinline.cli.common import As, AsJson, At, MaybeAs
from kinline.cli.followup import as_uuid
from kinline.cli.followup import call_app as app
from kinline.stack import Stack
from models.contacts import CallOutcome

__all__ = ["app"]
Task = Annotated[str, typer.Argument(metavar="TASK", help="Its id, from `kinline call list`.")]


def _id(task: str) -> UUID:
    return as_uuid(task, "TASK", printed_by="kinline call list")


@app.command("list")
def call_list(as_json: AsJson = False, at: At = None, as_: MaybeAs = None) -> None:
    """Calls that a person has to make now: local time there, language, interpreter. No numbers."""

    def body(stack: Stack) -> dict[str, Any]:
        common.maybe_person(stack, as_)
        return call_tasks.tasks_json(stack.kit, now=stack.now())

    common.run(body, as_json=as_json, at=at, show=_show_list)


@app.command("open")
def call_open(
    task: Task,
    as_: As,
    form: Annotated[
        Path | None, typer.Option("--form", help="Write the questionnaire here, to be filled in.")
    ] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """One call: its number, what to say, and the questions with what is typed so far. The read is audited."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        opened = call_tasks.open_task(stack.kit, _id(task), who, now=stack.now())
        if form is not None and opened["form"] is not None:
            text = json.dumps(opened["form"], ensure_ascii=False, indent=2)
            common.written(form, text.encode(), "--form")
        return opened

    common.run(body, as_json=as_json, at=at, show=_show_task)


@app.command("draft")
def call_draft(
    task: Task,
    answers: Annotated[Path, typer.Option("--answers", help="JSON of the answers so far.", metavar="FILE")],
    as_: As,
    outcome: Annotated[
        CallOutcome | None, typer.Option("--outcome", help="How the call ended, if you know that already.")
    ] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Save what is typed so far. It settles nothing; `kinline call record` does."""

    def body(stack: Stack) -> dict[str, Any]:
        who, now = common.person(stack, as_), stack.now()
        content = common.read_file(answers, "--answers")
        saved = call_tasks.save_draft(stack.kit, _id(task), content, who, outcome=outcome, now=now)
        return {"task": str(saved), "saved_at": now.isoformat()}

    common.run(body, as_json=as_json, at=at, show=lambda r: common.OUT.print(f"Saved at {r['saved_at']}."))


def _show_list(result: dict[str, Any]) -> None:
    for task in result["tasks"]:
        common.OUT.print(_line(task), markup=False)
    common.OUT.print(f"{len(result['tasks'])} calls to make.", markup=False)


def _line(task: dict[str, Any]) -> str:
    interpreter = "  INTERPRETER" if task["interpreter"] else ""
    return (
        f"{task['id']}  case {task['case_id']}  {task['party']}, {task['to'] or 'no phone'}  there {task['local_time'] or '?'}"
        f"  {task['language'] or '?'}{interpreter}"
    )


def _show_task(task: dict[str, Any]) -> None:
    common.OUT.print(f"{_line(task)}  {task['number'] or 'no number'}", markup=False)
    for name, words in task["say"].items():
        common.OUT.print(f"  {name}: {words}", markup=False)
    for topic, asked in (task["form"] or {}).get("_about", {}).items():
        common.OUT.print(f"    {topic}: {asked}", markup=False)
