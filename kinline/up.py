"""`kinline up`: everything, in one terminal, until Ctrl-C. It leaves no process behind and loses nothing."""

from __future__ import annotations

import secrets
import sys
from urllib.parse import urlsplit

import httpx

from integrations.identity.accounts import set_password
from integrations.store.staff import SANDBOX_STAFF
from kinline.cli.common import OUT
from kinline.local.home import LocalError
from kinline.local.prefect_environ import own_prefect_url
from kinline.local.prefect_server import PrefectServer
from kinline.local.processes import Child, Supervisor, announce_up
from kinline.stack import Stack


def run_up() -> None:
    """Runs until it is told to stop.

    Raises:
        LocalError: another `up` runs with this home, or a part does not start.
    """
    import os

    with Stack() as stack:
        if stack.up is not None:
            raise LocalError("`kinline up` already runs with this KINLINE_HOME. Stop it first (Ctrl-C).")
        keep = [stack.embedded.ensure_running] if stack.embedded is not None else []
        prefect_url = own_prefect_url(os.environ)
        OUT.print("Starting the database, Prefect, the sandbox, worker, clock and console ...")
        server = None
        if prefect_url is None:
            server = PrefectServer(stack.home, stack.prefect_database())
            server.start()
            prefect_url = server.api_url
            keep.append(server.ensure_running)
        try:
            ports = stack.ports()
            urls = {"console": stack.console_url, "prefect": prefect_url}
            if stack.is_sandbox:
                urls |= {n: f"http://127.0.0.1:{ports[n]}" for n in ("twilio", "background", "postal")}
            password = _sandbox_password(stack)
            with announce_up(stack.home, urls):
                Supervisor(stack.home, _children(stack, urls), keep=keep, say=OUT.print).run(
                    lambda: _welcome(stack, prefect_url, password)
                )
        finally:
            if server is not None:
                server.stop()
    OUT.print("Stopped. Nothing is left running, and nothing is lost.")


def _children(stack: Stack, urls: dict[str, str]) -> list[Child]:
    program = [sys.executable, "-m", "kinline.main"]
    children = []
    if stack.is_sandbox:
        children.append(
            Child(
                "sandbox", [*program, "sandbox"], ready=lambda: _answers(f"{urls['postal']}/_sandbox/lookups")
            )
        )
    local = f"http://127.0.0.1:{urlsplit(urls['console']).port or stack.settings.console_port}"
    children += [
        Child("console", [*program, "console"], ready=lambda: _answers(f"{local}/healthz")),
        Child("worker", [*program, "worker"], stop_seconds=30),
        Child("clock", [*program, "clock"]),
        Child("pool", [*program, "pool"], stop_seconds=30),
    ]
    return children


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code < 500
    except httpx.HTTPError:
        return False


def _sandbox_password(stack: Stack) -> str | None:
    """A password for the invented staff, made once for each home."""
    if not stack.is_sandbox:
        return None
    path = stack.home / "keys" / "sandbox-password"
    if not path.exists():
        path.touch(0o600)
        path.write_text(f"sandbox-{secrets.token_hex(4)}")
        with stack.kit.transaction() as session:
            for email, _, _ in SANDBOX_STAFF:
                set_password(session, email, path.read_text())
    return path.read_text()


def _welcome(stack: Stack, prefect_url: str, password: str | None) -> None:
    OUT.print("")
    OUT.print(f"Kinline is up:   {stack.console_url}")
    if password is not None:
        OUT.print(f"Sign in as:      cm@example.org   password {password}   (sandbox: invented people only)")
    OUT.print(f"Prefect's runs:  {prefect_url.removesuffix('/api')}")
    OUT.print(
        "Hand in a packet from another terminal:  .venv/bin/kinline submit samples/packets/01-clean-aunt"
    )
    OUT.print("Ctrl-C stops everything; nothing is lost.")
