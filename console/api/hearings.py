"""POST /api/v1/hearings: the court's list of hearings, from a program."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from console.api.bodies import loads, read_json
from console.api.callers import Principal, programs
from console.api.describing import acting, json_of
from console.api.once import Act, Answered, once
from console.api.schemas.hearings import HearingItem, HearingList, HearingsTaken
from console.context import console_of
from integrations.desk.hearings import import_items
from integrations.identity.api_keys import Scope
from models.errors import BadInput, Problem

router = APIRouter()
# About 20,000 hearings; a longer list is sent in parts, or as a file to `kinline hearings import`.
LARGEST = 8 * 1024 * 1024
_KEYS = ("hearings", "whole", "dry_run")
Feed = Annotated[Principal, Depends(programs(Scope.HEARINGS_WRITE))]


@router.post(
    "/hearings",
    **acting(HearingsTaken, Scope.HEARINGS_WRITE, body=json_of(HearingList, arrays_of=HearingItem)),
)
async def post_hearings(request: Request, who: Feed) -> JSONResponse:
    """Each hearing stands as it says. 200 with what changed and what was not taken, by item.

    The body is an array of hearings, or an object: `hearings`, and optionally `whole` (the list names every hearing
    that is ahead of this source, so what it lacks has vanished) and `dry_run`. The key's name is the source.
    """
    body = await read_json(request, largest=LARGEST)
    items, whole, dry_run = _asked(body)
    console = console_of(request)

    def do() -> Answered:
        found = import_items(
            console.kit,
            items,
            actor=who.actor,
            now=console.now(),
            source=who.name,
            whole=whole,
            dry_run=dry_run,
        )
        return Answered(found.as_json())

    act = Act(request, who, content=body, about=None, do=do, repeatable=True)
    return await run_in_threadpool(once, act)


def _asked(body: bytes) -> tuple[list[Any], bool, bool]:
    told = loads(body)
    if isinstance(told, list):
        told = {"hearings": told}
    if not isinstance(told, dict) or not isinstance(told.get("hearings"), list):
        raise BadInput(
            Problem("hearings", "missing", "There is no array of hearings.", 'Send {"hearings": [...]}.')
        )
    problems = [
        Problem("body", "unknown_key", "This key is not known here.", f"Use {', '.join(_KEYS)}.")
        for name in told
        if name not in _KEYS
    ][:1]
    problems += [
        Problem(name, "wrong_value", "This is not true or false.", "Send true or false.")
        for name in ("whole", "dry_run")
        if not isinstance(told.get(name, False), bool)
    ]
    if problems:
        raise BadInput(problems)
    return told["hearings"], told.get("whole", False), told.get("dry_run", False)
