"""All of /api/v1, and its description."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from console.api import applications, cases, escalations, hearings, overview
from console.api.describing import describe
from console.context import console_of


def _operation(route: APIRoute) -> str:
    """The function's name is the operation's."""
    return route.name


router = APIRouter(prefix="/api/v1", generate_unique_id_function=_operation)
for part in (applications, cases, escalations, hearings, overview):
    router.include_router(part.router)


@router.get("/openapi.json", include_in_schema=False)
def read_description(request: Request) -> JSONResponse:
    """The OpenAPI document. It tells of no child, and needs no key."""
    return JSONResponse(describe(router.routes, console_of(request).version))
