"""Is this console alive, is it ready, and what does it count?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import text

from console.context import Console, console_of
from console.metrics import CONTENT_TYPE
from integrations.database import is_current
from models.tables.system import Heartbeat

router = APIRouter()
CLOCK_SILENT_AFTER = timedelta(seconds=60)
_PREFECT_SECONDS = 3.0


@router.get("/healthz")
def alive(request: Request) -> dict[str, str]:
    """This process answers."""
    return {"status": "alive", "version": console_of(request).version}


@router.get("/readyz")
def ready(request: Request) -> JSONResponse:
    """Each part that Kinline needs, and whether it is there. 503 when one is not."""
    console = console_of(request)
    parts = {name: _look(part, console) for name, part in _parts(console).items()}
    is_ready = all(part["ok"] for part in parts.values())
    return JSONResponse({"ready": is_ready, "parts": parts}, status_code=200 if is_ready else 503)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """The counts, in Prometheus's text form."""
    return Response(console_of(request).metrics.text(), media_type=CONTENT_TYPE)


Part = Callable[[Console], tuple[bool, str]]


def _parts(console: Console) -> Mapping[str, Part]:
    parts: dict[str, Part] = {"database": _database, "migrations": _migrations, "clock": _clock}
    return parts | ({"prefect": _prefect} if console.live().get("prefect_api_url") else {})


def _look(part: Part, console: Console) -> dict[str, Any]:
    """The part's own word; a part that breaks while being looked at is not there."""
    try:
        ok, detail = part(console)
    except Exception as err:
        # The words of a driver's error may hold addresses and settings: its kind must do.
        ok, detail = False, f"does not answer ({type(err).__name__})"
    return {"ok": ok, "detail": detail}


def _database(console: Console) -> tuple[bool, str]:
    with console.kit.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return True, "answers"


def _migrations(console: Console) -> tuple[bool, str]:
    if is_current(console.kit.engine):
        return True, "current"
    return False, "not at this version's schema: run `kinline db upgrade`"


def _clock(console: Console) -> tuple[bool, str]:
    with console.kit.transaction() as session:
        row = session.get(Heartbeat, "clock")
    if row is None:
        return False, "has never run: start `kinline clock`"
    age = console.wall() - row.at
    if age >= CLOCK_SILENT_AFTER:
        return False, f"silent for {int(age.total_seconds())} seconds: start `kinline clock`"
    return True, "beats"


def _prefect(console: Console) -> tuple[bool, str]:
    url = str(console.live()["prefect_api_url"]).rstrip("/") + "/health"
    # trust_env=False: a proxy of the user's own is not for a server beside us.
    with httpx.Client(timeout=_PREFECT_SECONDS, trust_env=False) as http:
        answer = http.get(url)
    return answer.is_success, "answers" if answer.is_success else f"answers HTTP {answer.status_code}"
