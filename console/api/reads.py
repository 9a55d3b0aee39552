"""The API's reads, behind a session for now; keys come with the rest of the API."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from console.context import AnyStaff, Reader, console_of
from console.reading import read_queue
from integrations.desk import views

router = APIRouter(prefix="/api/v1")


@router.get("/accounting")
def accounting(request: Request, who: AnyStaff) -> dict[str, Any]:
    console = console_of(request)
    return views.account_json(console.kit, now=console.now())


@router.get("/queue")
def queue(request: Request, who: Reader, queue: str | None = None) -> dict[str, Any]:
    console = console_of(request)
    return read_queue(console, who, queue, now=console.now())


@router.get("/cases/{key}")
def case(request: Request, key: str, who: Reader) -> dict[str, Any]:
    console = console_of(request)
    return views.case_json(console.kit, key, actor=str(who.person.id), now=console.now())


@router.get("/applications/{key}")
def application(request: Request, key: str, who: Reader) -> dict[str, Any]:
    console = console_of(request)
    return views.application_json(console.kit, key, viewer=who.person, now=console.now())
