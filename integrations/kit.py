"""What an act needs at hand: the database, the vault, and the outside services.

Made once at the edge (`integrations.registry`), passed to every act of the desk. Services are made on
first use, so that an act that needs none starts none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from integrations.database import current_time, transaction
from integrations.messaging.invented import InventedPhones
from integrations.settings import Settings
from integrations.vault import Vault
from vetting.ports import BackgroundCheck, PostalReference

_RIDERS: ContextVar[list[Callable[[Session], None]] | None] = ContextVar("kinline_riders", default=None)


@contextmanager
def riding(rider: Callable[[Session], None]) -> Iterator[None]:
    """What `rider` writes is committed with the first transaction of a kit in here: both, or neither."""
    token = _RIDERS.set([rider])
    try:
        yield
    finally:
        _RIDERS.reset(token)


def _none() -> Any:
    raise RuntimeError("this kit was made without that service")


@dataclass
class Kit:
    """The things at hand. `public_url` is the address of the console that Twilio signs."""

    engine: Engine
    vault: Vault
    settings: Settings
    public_url: str = ""
    make_messenger: Callable[[], Any] = _none
    make_background: Callable[[], BackgroundCheck] = _none
    make_postal: Callable[[], PostalReference] = _none
    make_reader: Callable[[], Any] = _none
    twilio_auth_token: str = ""
    background_secret: str = ""
    # In the sandbox, while its phones are on.
    phones: InventedPhones | None = None
    closers: list[Callable[[], None]] = field(default_factory=list)
    # Set when the process is to end: work of hours stops at the next good place.
    stopping: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        riders = _RIDERS.get()
        with transaction(self.engine) as session:
            yield session
            while riders:
                riders.pop()(session)

    def now(self) -> datetime:
        """What time it is for Kinline. The edge of the program asks once and passes it on."""
        # Not the kit's own transaction: what rides on the next act must not be committed with a look at the clock.
        with transaction(self.engine) as session:
            return current_time(session)

    @cached_property
    def messenger(self) -> Any:
        return self.make_messenger()

    @cached_property
    def background(self) -> BackgroundCheck:
        return self.make_background()

    @cached_property
    def postal(self) -> PostalReference:
        return self.make_postal()

    @cached_property
    def reader(self) -> Any:
        return self.make_reader()

    def close(self) -> None:
        for closer in reversed(self.closers):
            closer()
        self.engine.dispose()
