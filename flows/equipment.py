"""The kit of this process's flows: given by the worker, or made from the settings in a deployment's process.

Flows take ids alone as parameters, so the database and the services come from here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from pathlib import Path

from integrations.kit import Kit
from integrations.registry import make_kit, make_vault, providers_from
from integrations.settings import load_settings
from models.errors import BadInput, Problem

# Each thread of the worker has its own flow in hand; Prefect takes the context along into a task.
_given: ContextVar[Kit | None] = ContextVar("kit", default=None)


@contextmanager
def use_kit(kit: Kit) -> Iterator[None]:
    """Flows that run inside this block use `kit`."""
    token = _given.set(kit)
    try:
        yield
    finally:
        _given.reset(token)


def kit() -> Kit:
    """The kit at hand; in a process of its own one made from the settings, and kept."""
    return _given.get() or _from_settings()


def now() -> datetime:
    """What time it is for Kinline: each flow asks once, and passes it on."""
    return kit().now()


@cache
def _from_settings() -> Kit:
    settings = load_settings(os.environ)
    if settings.database_url is None or settings.home is None:
        raise BadInput(
            Problem(
                "KINLINE_DATABASE_URL",
                "missing_setting",
                "A flow in a process of its own needs KINLINE_DATABASE_URL and KINLINE_HOME.",
                "Start its worker with `kinline pool`, which sets them.",
            )
        )
    return make_kit(
        settings,
        database_url=settings.database_url.get_secret_value(),
        vault=make_vault(settings, Path(settings.home) / "keys"),
        providers=providers_from(settings),
        public_url=settings.public_url or "",
        clock=now,
    )
