"""Prefect for tests in this process: ours alone, with no server behind it unless a test asks for one.

Import this before anything that imports prefect: it reads its settings once.
"""

from __future__ import annotations

import atexit
import sys
import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from kinline.local.postgres import EmbeddedPostgres
from kinline.local.prefect_environ import apply_to_this_process
from kinline.local.prefect_server import PrefectServer

NOBODY = "http://127.0.0.1:9/api"
_FOLDER = ExitStack()


@cache
def home() -> Path:
    """The home that the tests with a real Prefect share; gone at the end."""
    return Path(_FOLDER.enter_context(tempfile.TemporaryDirectory(prefix="kinline-"))) / "home"


@cache
def server_url() -> str:
    """The API of a real Prefect server in that home, started once: it takes some 10 seconds."""
    postgres = _FOLDER.enter_context(EmbeddedPostgres(home()))
    return _FOLDER.enter_context(PrefectServer(home(), postgres.prefect_url)).api_url


atexit.register(_FOLDER.close)
if "prefect" not in sys.modules:
    apply_to_this_process(home(), NOBODY)
