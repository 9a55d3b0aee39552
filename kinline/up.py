"""`kinline up`: everything, in one terminal, until Ctrl-C. It leaves no process behind and loses nothing."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

import httpx

from integrations.identity.accounts import check_password, set_password
from integrations.store.staff import SANDBOX_STAFF
from kinline.cli.common import OUT
from kinline.leftovers import adopt_orphans, end_what_is_left
from kinline.local.home import LocalError
from kinline.local.prefect_environ import own_prefect_url
from kinline.local.prefect_server import PrefectServer
from kinline.local.processes import Child, Supervisor, announce_up
from kinline.local.sharing import is_process
from kinline.residents import console_mark
from kinline.stack import Stack

MODULE = "kinline.main"


def run_up() -> None:
    """Runs until it is told to stop.

    Raises:
        LocalError: another `up` runs with this home, or a part does not start.
    """
    adopt_orphans()
    try:
        with Stack() as stack:
            if stack.up is not None:
                raise LocalError("`kinline up` already runs with this KINLINE_HOME. Stop it first (Ctrl-C).")
            _run(stack)
    finally:
        end_what_is_left()
    OUT.print("Stopped. Nothing is left running, and nothing is lost.")


def _run(stack: Stack) -> None:
    OUT.print("Starting the database, Prefect, the sandbox, worker, clock and console ...")
    keep = [stack.embedded.ensure_running] if stack.embedded is not None else []
    prefect_url = own_prefect_url(os.environ)
    server = None
    try:
        if prefect_url is None:
            server = PrefectServer(stack.home, stack.prefect_database())
            server.start()
            prefect_url = server.api_url
            keep.append(server.ensure_running)
        ports = stack.ports()
        stack.console_url = stack.settings.public_url or f"http://127.0.0.1:{ports['console']}"
        urls = {"console": stack.console_url, "prefect": prefect_url}
        if stack.is_sandbox:
            urls |= {name: f"http://127.0.0.1:{ports[name]}" for name in ("twilio", "background", "postal")}
        password = sandbox_password(stack)
        welcome = _welcome_of(urls, password)
        with announce_up(stack.home, urls):
            children = _children(stack.home, ports["console"], urls)
            Supervisor(stack.home, children, keep=keep, say=OUT.print).run(welcome)
    finally:
        if server is not None:
            server.stop()


def _children(home: Path, console_port: int, urls: dict[str, str]) -> list[Child]:
    program = [sys.executable, "-m", MODULE]
    children = []
    if "postal" in urls:
        looked_at = f"{urls['postal']}/_sandbox/lookups"
        children.append(Child("sandbox", [*program, "sandbox"], ready=lambda: _answers(looked_at)))
    console_mark(home).unlink(missing_ok=True)
    return [
        *children,
        Child("console", [*program, "console"], ready=lambda: _console_is_ours(home, console_port)),
        Child("worker", [*program, "worker"], stop_seconds=30),
        Child("clock", [*program, "clock"]),
        Child("pool", [*program, "pool"], stop_seconds=30),
    ]


def _console_is_ours(home: Path, port: int) -> bool:
    """The console that answers is the one that we started, not another program with that port."""
    try:
        pid = int(console_mark(home).read_text())
    except (OSError, ValueError):
        return False
    return is_process(pid, MODULE) and _answers(f"http://127.0.0.1:{port}/healthz")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code < 500
    except httpx.HTTPError:
        return False


def sandbox_password(stack: Stack) -> str | None:
    """A password for the invented staff, made once for each home. The database holds it too."""
    if not stack.is_sandbox:
        return None
    path = stack.home / "keys" / "sandbox-password"
    kept = path.read_text() if path.exists() else ""
    password = kept or f"sandbox-{secrets.token_hex(4)}"
    with stack.kit.transaction() as session:
        if check_password(session, SANDBOX_STAFF[0][0], password) is None:
            for email, _, _ in SANDBOX_STAFF:
                set_password(session, email, password)
    if not kept:
        path.touch(0o600)
        path.write_text(password)
    return password


def _welcome_of(urls: dict[str, str], password: str | None) -> Callable[[], None]:
    lines = ["", f"Kinline is up:   {urls['console']}"]
    if password is not None:
        lines.append(
            f"Sign in as:      cm@example.org   password {password}   (sandbox: invented people only)"
        )
    lines += [
        f"Prefect's runs:  {urls['prefect'].removesuffix('/api')}",
        "Hand in a packet from another terminal:  .venv/bin/kinline submit samples/packets/01-clean-aunt",
        "Ctrl-C stops everything; nothing is lost.",
    ]

    def welcome() -> None:
        for line in lines:
            OUT.print(line)

    return welcome
