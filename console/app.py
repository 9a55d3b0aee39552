"""The console: webhooks, health, sign-in, pages and the API, in one FastAPI application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from console import health, pictures, webhooks
from console.api.router import router as api
from console.context import Console
from console.errors import add_error_handlers
from console.guard import Guard
from console.limits import Limits, RateLimit
from console.metrics import Metrics
from console.pages import (
    account,
    addresses,
    amendments,
    application_acts,
    applications,
    board,
    calendar,
    calls,
    cases,
    closings,
    conversation,
    court_looks,
    documents,
    escalations,
    factor,
    hearing_acts,
    home_proofs,
    intake,
    intake_bulk,
    intake_pages,
    intake_papers,
    interviews,
    kept_records,
    language,
    links,
    notice_acts,
    notices,
    openings,
    printing,
    queue,
    rota,
    sandbox,
    sign_in,
    today,
)
from console.pages.rendering import STATIC, make_templates
from console.speech import Listener
from console.throttle import PasswordSlots
from integrations.database import wall_clock
from integrations.kit import Kit


def create_app(
    kit: Kit,
    *,
    live: Callable[[], Mapping[str, Any]] | None = None,
    wall: Callable[[], datetime] = wall_clock,
    limits: Limits | None = None,
) -> FastAPI:
    """A console on this kit.

    `live` names the parts that run beside it, asked anew at each look: `prefect_api_url`, when there is one.
    `wall` is the wall's clock, for sessions and heartbeats. `limits`: how many changes a minute, if not the usual ones.
    """
    app = FastAPI(title="Kinline", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.console = console = Console(
        kit=kit,
        live=live or dict,
        wall=wall,
        templates=make_templates(),
        metrics=Metrics(kit),
        slots=PasswordSlots(),
        version=version("kinline"),
    )
    for part in (
        webhooks,
        health,
        sign_in,
        factor,
        account,
        language,
        today,
        queue,
        escalations,
        rota,
        applications,
        application_acts,
        amendments,
        documents,
        interviews,
        kept_records,
        pictures,
        links,
        openings,
        calls,
        cases,
        closings,
        conversation,
        court_looks,
        notices,
        notice_acts,
        printing,
        home_proofs,  # before the addresses: those take any word in its place
        addresses,
        calendar,
        hearing_acts,
        board,
        intake_bulk,
        intake_papers,
        intake_pages,
        intake,
    ):
        app.include_router(part.router)
    if console.is_sandbox:
        app.include_router(sandbox.router)
    app.include_router(api)
    # Compressed here alone: a page holds a form's token, and how well it compresses would tell of it.
    app.mount("/static", GZipMiddleware(StaticFiles(directory=STATIC)), name="static")
    add_error_handlers(app)
    app.add_middleware(RateLimit, limits=limits or Limits(), cookie_name=console.cookie_name, wall=wall)
    app.add_middleware(Listener, zone=kit.settings.time_zone)
    app.add_middleware(Guard, https=kit.public_url.startswith("https://"))
    return app
