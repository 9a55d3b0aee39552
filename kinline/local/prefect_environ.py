"""The environment in which Prefect runs for Kinline: ours alone, whatever the user has set up.

A user may have a Prefect of their own: a profile, an API address, a key for its cloud. None of it may
steer Kinline, and nothing of Kinline may reach theirs. Only KINLINE_PREFECT_API_URL counts.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from kinline.local.home import make_home

OWN_SERVER_VARIABLE = "KINLINE_PREFECT_API_URL"
LOOPBACK = ("127.0.0.1", "localhost")


def own_prefect_url(environ: Mapping[str, str]) -> str | None:
    """The address of a Prefect server that the user runs for Kinline, if they named one."""
    return environ.get(OWN_SERVER_VARIABLE, "").strip().rstrip("/") or None


def clean_prefect_environ(
    environ: Mapping[str, str], home: Path, api_url: str, *, database_url: str | None = None
) -> dict[str, str]:
    """`environ` with every PREFECT_* of the user's gone and Kinline's own in place.

    `database_url` is for the server alone; flows and workers speak to `api_url`.
    """
    kept = {name: value for name, value in environ.items() if not name.upper().startswith("PREFECT")}
    folder = home / "prefect"
    ours = {
        "PREFECT_HOME": str(folder),
        "PREFECT_PROFILES_PATH": str(folder / "profiles.toml"),
        "PREFECT_API_URL": api_url,
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        # Nothing is told to anybody: neither use nor crashes, neither by the server nor by a client.
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
        "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        # A run's own log lines go to the server, where people look for them; the terminal stays quiet.
        "PREFECT_LOGGING_LEVEL": "INFO",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "ERROR",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_CLI_PROMPT": "false",
    }
    if database_url is not None:
        ours["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = database_url
        # By default the pages are unpacked into the installed package, which may not be ours to write.
        ours["PREFECT_SERVER_UI_STATIC_DIRECTORY"] = str(folder / "ui")
        ours["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "WARNING"  # into logs/prefect.log
    return {**kept, **ours, **_without_proxy(environ)}


def apply_to_this_process(
    home: Path, api_url: str, *, environ: MutableMapping[str, str] = os.environ
) -> None:
    """From here on Prefect in this process, and in its children, is Kinline's own.

    Raises:
        RuntimeError: Prefect was imported before; it reads its settings once, at import.
    """
    if any(name == "prefect" or name.startswith("prefect.") for name in sys.modules):
        raise RuntimeError("apply_to_this_process must come before the first import of prefect")
    make_home(home)
    cleaned = clean_prefect_environ(environ, home, api_url)
    for name in [name for name in environ if name not in cleaned]:
        del environ[name]
    environ.update(cleaned)


def send_what_waits(seconds: float = 5.0) -> None:
    """Log lines and events that Prefect queued in this process have been sent, or had their time.

    Call before the server goes: what is sent after that ends as noise on the person's terminal.
    """
    for module, worker in (
        ("prefect.logging.handlers", "APILogWorker"),
        ("prefect.events.worker", "EventsWorker"),
    ):
        if module in sys.modules:
            getattr(sys.modules[module], worker).drain_all(timeout=seconds, at_exit=False)


def _without_proxy(environ: Mapping[str, str]) -> dict[str, str]:
    """The no-proxy lists of `environ` with loopback in them: a proxy cannot reach our own servers."""
    found = {}
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host.strip() for host in environ.get(name, "").split(",") if host.strip()]
        found[name] = ",".join([*hosts, *(host for host in LOOPBACK if host not in hosts)])
    return found
