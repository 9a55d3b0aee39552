"""Prefect runs for Kinline alone: the user's own Prefect neither steers it nor is touched by it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psycopg
import pytest

from kinline.local.postgres import EmbeddedPostgres
from kinline.local.prefect_environ import apply_to_this_process, clean_prefect_environ, own_prefect_url
from kinline.local.prefect_server import PrefectServer

HOSTILE = {
    "PREFECT_API_URL": "https://api.example.org/api",
    "PREFECT_API_KEY": "pnu_example",
    "PREFECT_PROFILE": "work",
    "PREFECT_API_DATABASE_CONNECTION_URL": "sqlite+aiosqlite:////nowhere/prefect.db",
    "PREFECT_LOGGING_LEVEL": "DEBUG",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "true",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "intranet.example.org",
}
ASK = """
import json, sys, warnings
from pathlib import Path
warnings.simplefilter("error", UserWarning)
from kinline.local.prefect_server import apply_to_this_process
apply_to_this_process(Path(sys.argv[1]), "http://127.0.0.1:4/api")
from prefect.settings import get_current_settings
s = get_current_settings()
print(json.dumps([s.api.url, s.api.key, str(s.home), str(s.profiles_path), s.server.analytics_enabled,
                  s.server.ephemeral.enabled, s.logging.level, s.cloud.enable_orchestration_telemetry]))
"""
USE = """
import sys
from pathlib import Path
from kinline.local.postgres import EmbeddedPostgres
from kinline.local.prefect_server import PrefectServer, apply_to_this_process
home = Path(sys.argv[1])
with EmbeddedPostgres(home) as postgres, PrefectServer(home, postgres.prefect_url) as server:
    apply_to_this_process(home, server.api_url)
    from prefect import flow, get_run_logger
    @flow(name="hello")
    async def hello():
        get_run_logger().info("one line")
    import asyncio
    asyncio.run(hello())
    print(server.api_url, flush=True)
    sys.stdin.read()
"""


def test_nothing_of_the_users_prefect_steers_ours(tmp_path: Path) -> None:
    (tmp_path / "user" / ".prefect").mkdir(parents=True)
    profiles = 'active = "work"\n[profiles.work]\nPREFECT_API_KEY = "pnu_profile"\n'
    (tmp_path / "user" / ".prefect" / "profiles.toml").write_text(profiles)
    asked = subprocess.run(
        [sys.executable, "-c", ASK, str(tmp_path / "home")],
        env={**os.environ, **HOSTILE, "HOME": str(tmp_path / "user")},
        capture_output=True,
        text=True,
        check=True,
    )
    folder = str(tmp_path / "home" / "prefect")
    assert asked.stderr == ""
    assert json.loads(asked.stdout) == [
        "http://127.0.0.1:4/api",
        None,
        folder,
        f"{folder}/profiles.toml",
        False,
        False,
        "INFO",
        False,
    ]


def test_the_environment_keeps_what_is_not_prefects_and_reaches_loopback_past_a_proxy() -> None:
    cleaned = clean_prefect_environ({**HOSTILE, "LANG": "C"}, Path("/home/k"), "http://127.0.0.1:4/api")
    assert cleaned["LANG"] == "C"
    assert cleaned["HTTP_PROXY"] == HOSTILE["HTTP_PROXY"]
    assert cleaned["NO_PROXY"] == "intranet.example.org,127.0.0.1,localhost"
    assert cleaned["DO_NOT_TRACK"] == "1"
    assert "PREFECT_API_KEY" not in cleaned
    assert not any("DATABASE" in name for name in cleaned)


def test_only_kinlines_own_variable_names_a_server_of_the_users() -> None:
    assert own_prefect_url(HOSTILE) is None
    assert (
        own_prefect_url({"KINLINE_PREFECT_API_URL": "http://prefect:4200/api/"}) == "http://prefect:4200/api"
    )


def test_settings_that_would_come_too_late_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "prefect", sys)
    with pytest.raises(RuntimeError, match="before the first import"):
        apply_to_this_process(tmp_path, "http://127.0.0.1:4/api", environ={})


def use(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USE, str(home)],
        env={**os.environ, **HOSTILE},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def is_gone(url: str) -> bool:
    try:
        httpx.get(f"{url}/health", trust_env=False)
    except httpx.TransportError:
        return True
    return False


def eventually_gone(url: str) -> bool:
    deadline = time.monotonic() + 20
    while not is_gone(url) and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_gone(url)


def test_a_server_is_shared_comes_back_and_ends_with_its_last_user(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with EmbeddedPostgres(home) as postgres:
        with PrefectServer(home, postgres.prefect_url) as server:
            url = server.api_url
            command = use(home)
            said, noise = command.communicate(timeout=120)  # it shares the server, runs a flow and leaves
            assert (said, noise, command.returncode) == (f"{url}\n", "", 0)
            with psycopg.connect(postgres.conninfo_for("prefect", role="prefect")) as connection:
                runs = connection.execute("SELECT state_type::text FROM flow_run").fetchall()
                lines = connection.execute("SELECT message FROM log").fetchall()
            assert runs == [("COMPLETED",)]
            assert ("one line",) in lines

            os.kill(json.loads((home / "run" / "prefect.json").read_text())["pid"], signal.SIGKILL)
            assert eventually_gone(url)
            server.ensure_running()
            assert server.api_url == url
            assert httpx.get(f"{url}/health", trust_env=False).json() is True
        assert is_gone(url)


def test_a_server_whose_last_user_was_killed_ends_by_itself(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with EmbeddedPostgres(home):
        command = use(home)
        assert command.stdout is not None
        url = command.stdout.readline().strip()
        assert not is_gone(url)
        command.kill()
        command.communicate()
        assert eventually_gone(url)
