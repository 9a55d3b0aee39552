"""The doctor names what is wrong and what to do, and mends nothing by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from integrations.database import wall_clock
from integrations.desk import jobs
from integrations.desk.intake import submit
from integrations.packets import read_path
from kinline.doctor import examine
from kinline.local.processes import announce_up
from kinline.stack import Stack
from models.errors import BadInput, Refused
from models.tables.system import Heartbeat, Job

PACKET = Path(__file__).resolve().parents[2] / "samples" / "packets" / "01-clean-aunt"
NEEDS_CREDENTIALS = ("KINLINE_TWILIO_ACCOUNT_SID", "KINLINE_BACKGROUND_URL", "KINLINE_POSTAL_CLIENT_SECRET")


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("KINLINE_HOME", str(tmp_path / "home"))
    return {"KINLINE_HOME": str(tmp_path / "home")}


def checks(environ: Mapping[str, str], **more: str) -> dict[str, dict[str, Any]]:
    found = examine({**environ, **more})["checks"]
    assert all(set(check) == {"name", "ok", "detail", "remedy"} for check in found)
    assert all(check["ok"] != bool(check["remedy"]) for check in found)
    return {check["name"]: check for check in found}


def bad(environ: Mapping[str, str], **more: str) -> list[str]:
    return [name for name, check in checks(environ, **more).items() if not check["ok"]]


def test_a_new_home_lacks_nothing_but_its_schema(environ: dict[str, str]) -> None:
    assert bad(environ) == ["schema"]
    with Stack():
        pass
    assert bad(environ) == []
    assert checks(environ)["database"]["detail"].startswith("PostgreSQL 18")


def test_keys_that_others_can_read_and_keys_of_another_database_are_named(environ: dict[str, str]) -> None:
    with Stack() as stack:
        submit(stack.kit, read_path(PACKET), actor="cli", now=stack.now())
        keys = stack.home / "keys" / "vault.json"
    assert checks(environ)["vault"]["detail"] == "the keys open what is sealed"
    keys.chmod(0o644)
    assert bad(environ) == ["keys"]
    keys.chmod(0o600)
    keys.write_text(json.dumps({"keys": {"1": "00" * 32}, "blind": "11" * 32}))
    assert bad(environ) == ["vault"]


def test_a_job_that_was_given_up_is_named(environ: dict[str, str]) -> None:
    with Stack() as stack, stack.kit.transaction() as session:
        now = stack.now()
        jobs.enqueue(session, kind="vet", key="k", payload={}, now=now)
        job = session.query(Job).one()
        job.state, job.tries, job.error = "failed", jobs.MAX_TRIES, "ValueError"
    found = checks(environ)["jobs"]
    assert (found["ok"], found["detail"]) == (False, "given up: 1 vet (ValueError)")


def test_under_up_a_silent_clock_or_worker_is_named(environ: dict[str, str]) -> None:
    with Stack() as stack, announce_up(stack.home, {"console": "http://127.0.0.1:1"}):
        assert bad(environ) == ["clock", "worker"]
        with stack.kit.transaction() as session:
            session.merge(Heartbeat(name="clock", at=wall_clock()))
            session.merge(Heartbeat(name="worker", at=wall_clock() - timedelta(minutes=2)))
        assert bad(environ) == ["worker"]
        assert checks(environ)["worker"]["detail"].startswith("silent for 12")


def test_production_is_refused_the_embedded_and_the_sandbox_database(environ: dict[str, str]) -> None:
    with Stack():
        pass
    found = checks(environ, KINLINE_ENVIRONMENT="production")
    named = {name for name, check in found.items() if not check["ok"]}
    assert {"production database", "providers", "public address", "environment", "clock", "worker"} <= named
    assert all(name in found["providers"]["detail"] for name in NEEDS_CREDENTIALS)


def test_no_command_runs_in_production_on_a_sandbox_database(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Stack():
        pass
    monkeypatch.setenv("KINLINE_ENVIRONMENT", "production")
    with pytest.raises(Refused, match="sandbox"), Stack():
        pass


def test_no_command_runs_in_production_without_credentials(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINLINE_ENVIRONMENT", "production")
    with pytest.raises(BadInput) as refused, Stack():
        pass
    assert set(NEEDS_CREDENTIALS) <= {problem.field for problem in refused.value.problems}


def test_a_misspelt_setting_is_named(environ: dict[str, str]) -> None:
    found = checks(environ, KINLINE_CONSOL_PORT="9")["settings"]
    assert (found["ok"], found["detail"]) == (
        False,
        "KINLINE_CONSOL_PORT: Kinline has no such setting.",
    )


def test_an_unreachable_database_is_named_without_its_password(environ: dict[str, str]) -> None:
    url = "postgresql://kinline:hunter22@127.0.0.1:9/kinline"
    found = checks(environ, KINLINE_DATABASE_URL=url)
    assert not found["database"]["ok"]
    assert "hunter22" not in str(found)


def test_a_prefect_of_ones_own_that_does_not_answer_is_named(environ: dict[str, str]) -> None:
    with Stack():
        pass
    assert bad(environ, KINLINE_PREFECT_API_URL="http://127.0.0.1:9/api") == ["prefect"]


def test_a_folder_of_other_things_is_named(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("not ours")
    found = checks({"KINLINE_HOME": str(tmp_path)})["data folder"]
    assert "already holds files" in found["detail"]


def test_it_mends_nothing(environ: dict[str, str]) -> None:
    examine(environ)
    with Stack() as stack, stack.kit.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        (stack.home / "keys" / "vault.json").chmod(0o644)
        examine(environ)
        assert (stack.home / "keys" / "vault.json").stat().st_mode & 0o777 == 0o644
