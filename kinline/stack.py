"""The local parts that a command needs: started here and stopped, or found where `kinline up` runs them."""

from __future__ import annotations

import json
import os
import socket
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from integrations.database import (
    current_time,
    ensure_environment,
    is_current,
    make_engine,
    set_sandbox_clock,
    transaction,
    upgrade,
    wall_clock,
)
from integrations.desk.rota import ensure_sandbox_rota
from integrations.kit import Kit
from integrations.loopback import loopback_socket
from integrations.registry import make_kit, make_vault, providers_from
from integrations.settings import Settings, load_settings
from integrations.store.staff import ensure_sandbox_staff
from kinline.local.home import home_folder
from kinline.local.postgres import EmbeddedPostgres
from kinline.local.prefect_server import PrefectServer
from kinline.local.processes import Up, find_up
from kinline.providers import SandboxTime, SandboxUrls, providers_at, serve_sandbox

Need = Literal["providers", "console", "prefect"]
_PORT_NAMES = ("console", "twilio", "background", "postal")


@dataclass
class Stack:
    """The parts as a context manager. `kit` is at hand inside the block; `at` moves the sandbox clock first.

    `throwaway`: see `EmbeddedPostgres`.
    """

    needs: frozenset[Need] = frozenset()
    at: datetime | None = None
    settings: Settings = field(default_factory=load_settings)
    throwaway: bool = False
    kit: Kit = field(init=False)
    home: Path = field(init=False)
    urls: SandboxUrls | None = None
    prefect_api_url: str | None = None
    console_url: str = ""
    console_port: int = 0
    database_url: str = ""
    up: Up | None = None

    def __post_init__(self) -> None:
        self._parts = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._parts.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parts.close()

    @property
    def is_sandbox(self) -> bool:
        return self.settings.environment == "sandbox"

    def _open(self) -> None:
        self.home = home_folder(os.environ)
        self.up = find_up(self.home)
        self._open_database()
        serves = self.up is None and bool({"providers", "console"} & self.needs)
        held = self._hold_ports() if serves else {}
        ports = _numbers(held) or self._kept_ports()
        for name, one in held.items():
            if "console" in self.needs if name == "console" else self.is_sandbox:
                self._parts.enter_context(one)
            else:
                one.close()  # who calls is told at once that nobody is there
        self.console_port = ports.get("console") or self._wanted_port("console", {})
        self.console_url = self.settings.public_url or f"http://127.0.0.1:{self.console_port}"
        if self.up is not None:
            self._join(self.up)
        elif self.is_sandbox and serves:
            self.urls = self._parts.enter_context(
                serve_sandbox(
                    self.conninfo(),
                    self.now,
                    inbound_url=f"{self.console_url}/webhooks/twilio/sms",
                    held=(held["twilio"], held["background"], held["postal"]),
                )
            )
        self._make_kit()
        if "console" in self.needs and self.up is None:
            self._serve_console(held["console"])
        if "prefect" in self.needs:
            self._open_prefect()

    def _open_database(self) -> None:
        if self.settings.database_url is not None:
            self.database_url = self.settings.database_url.get_secret_value()
            self.embedded = None
        else:
            server = EmbeddedPostgres(self.home, throwaway=self.throwaway)
            self.embedded = self._parts.enter_context(server)
            self.database_url = self.embedded.url
        engine = make_engine(self.database_url, pool_size=2)
        self._parts.callback(engine.dispose)
        if not is_current(engine):
            upgrade(engine.url.render_as_string(hide_password=False))
        self._clock_engine = engine
        with transaction(engine) as session:
            ensure_environment(session, self.settings.environment, wall=wall_clock())
            if self.at is not None:
                set_sandbox_clock(session, self.at)
            now = current_time(session)
            if self.is_sandbox:
                ensure_sandbox_staff(session, now=now)

    def conninfo(self) -> str:
        """The database in libpq's form, as the sandbox and LISTEN want it."""
        if self.embedded is not None:
            return self.embedded.conninfo
        return self.database_url.replace("postgresql+psycopg://", "postgresql://", 1)

    def now(self) -> datetime:
        """What time it is for Kinline."""
        with transaction(self._clock_engine) as session:
            return current_time(session)

    def ports(self) -> dict[str, int]:
        """The same ports each time, since texts on their way carry our address in their callback."""
        with ExitStack() as probes:
            held = {name: probes.enter_context(one) for name, one in self._hold_ports().items()}
            return _numbers(held)

    def _hold_ports(self) -> dict[str, socket.socket]:
        """Nobody else can have these ports while the sockets are open."""
        kept = self._kept_ports()
        held = {name: loopback_socket(self._wanted_port(name, kept), or_any=True) for name in _PORT_NAMES}
        ports = _numbers(held)
        if ports != kept:
            path = self.home / "run" / "ports.json"
            draft = path.with_suffix(f".{os.getpid()}")
            draft.write_text(json.dumps(ports))
            draft.replace(path)
        return held

    def _kept_ports(self) -> dict[str, int]:
        try:
            found = json.loads((self.home / "run" / "ports.json").read_text())
            kept = {name: int(found[name]) for name in _PORT_NAMES if name in found}
        except (OSError, ValueError, TypeError):
            kept = {}
        if "console_port" in self.settings.model_fields_set and self.settings.console_port:
            kept["console"] = self.settings.console_port
        return kept

    def _wanted_port(self, name: str, kept: dict[str, int]) -> int:
        """The port that this part had, or is meant to have; 0 for any."""
        return kept.get(name) or (self.settings.console_port if name == "console" else 0)

    def _join(self, up: Up) -> None:
        self.console_url = up.urls["console"]
        self.prefect_api_url = up.urls.get("prefect")
        if "twilio" in up.urls:
            self.urls = SandboxUrls(up.urls["twilio"], up.urls["background"], up.urls["postal"])

    def _make_kit(self) -> None:
        providers = None
        if not self.is_sandbox:
            providers = providers_from(self.settings)
        elif self.urls is not None:
            providers = providers_at(self.urls)
        self.kit = make_kit(
            self.settings,
            database_url=self.database_url,
            vault=make_vault(self.settings, self.home / "keys"),
            providers=providers,
            public_url=self.console_url,
            clock=self.now,
        )
        self._parts.callback(self.kit.close)
        if self.is_sandbox:
            ensure_sandbox_rota(self.kit, now=self.now())

    def _serve_console(self, held: socket.socket) -> None:
        from console.app import create_app
        from integrations.sandbox.serving import ThreadedServer

        self._parts.enter_context(ThreadedServer(create_app(self.kit), held=held))

    def _open_prefect(self) -> None:
        self.start_prefect()
        self.use_prefect()

    def start_prefect(self) -> None:
        """A Prefect server answers: the user's own, the one of `kinline up`, or one started here."""
        from kinline.local.prefect_environ import own_prefect_url

        url = self.prefect_api_url or own_prefect_url(os.environ)
        if url is None:
            server = self._parts.enter_context(PrefectServer(self.home, self.prefect_database()))
            url = server.api_url
        self.prefect_api_url = url

    def use_prefect(self) -> None:
        """Prefect in this process speaks to that server. Must come before Prefect is imported."""
        from kinline.local.prefect_environ import apply_to_this_process, send_what_waits

        if self.prefect_api_url is None:
            raise RuntimeError("start_prefect comes first")
        apply_to_this_process(self.home, self.prefect_api_url)
        self._parts.callback(send_what_waits)

    def prefect_database(self) -> str:
        """Prefect's own database, in the embedded server even when Kinline's stands elsewhere."""
        if self.embedded is None:
            self.embedded = self._parts.enter_context(EmbeddedPostgres(self.home))
        return self.embedded.prefect_url

    def sandbox_time(self) -> SandboxTime:
        """Moves time for the sandbox servers."""
        if self.urls is None:
            raise RuntimeError("this stack was opened without the sandbox")
        time = SandboxTime(self.urls)
        self._parts.callback(time.close)
        return time


def _numbers(held: dict[str, socket.socket]) -> dict[str, int]:
    return {name: int(one.getsockname()[1]) for name, one in held.items()}
