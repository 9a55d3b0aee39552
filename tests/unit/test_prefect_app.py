"""The locked set holds a Prefect whose server app builds: newer FastAPI versions break it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from kinline.local.prefect_environ import clean_prefect_environ

BUILD = """
from prefect.server.api.server import create_app
app = create_app()
print(sorted(route.path for route in app.routes if getattr(route, "path", "") in ("/api", "/api/health")))
from kinline.local.prefect_main import let_schedules_work
let_schedules_work()
print("built")
"""


def test_prefects_server_app_builds_with_the_locked_set(tmp_path: Path) -> None:
    own = tmp_path / "person"
    own.mkdir()
    database = f"sqlite+aiosqlite:///{tmp_path}/unused.db"
    environ = clean_prefect_environ(
        {**os.environ, "HOME": str(own)},
        tmp_path / "home",
        "http://127.0.0.1:9/api",
        database_url=database,
    )
    (tmp_path / "home" / "prefect").mkdir(parents=True)
    built = subprocess.run(
        [sys.executable, "-c", BUILD], env=environ, capture_output=True, text=True, check=False
    )
    assert (built.returncode, built.stderr) == (0, "")
    assert built.stdout.endswith("built\n")
    assert list(own.iterdir()) == []
