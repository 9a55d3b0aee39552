"""prefect.yaml: a deployment for each flow, deployed with nobody at the keyboard, and one run for real."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from kinline.local.prefect_environ import clean_prefect_environ
from kinline.residents import pool_environ
from kinline.stack import Stack
from tests.integration import prefect_at_hand

ROOT = Path(__file__).resolve().parents[2]
FLOWS = {
    "vet-application": "flows/vet_application.py:vet_application",
    "import-packets": "flows/import_packets.py:import_packets",
    "contact-round": "flows/rounds.py:contact_round",
    "lost-contact-round": "flows/rounds.py:lost_contact_round",
    "check-round": "flows/rounds.py:check_round",
    "court-round": "flows/rounds.py:court_round",
    "address-round": "flows/rounds.py:address_round",
    "account-round": "flows/rounds.py:account_round",
    "accounting": "flows/rounds.py:accounting",
}
PATIENCE_SECONDS = 120


@dataclass
class Pool:
    """What `kinline pool` works with."""

    stack: Stack
    environ: dict[str, str]
    api: httpx.Client

    def prefect(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).with_name("prefect")), *words],
            cwd=ROOT,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )

    def ask(self, path: str, **body: Any) -> Any:
        return self.api.post(path, json=body).raise_for_status().json()

    def deployments(self) -> dict[str, dict[str, Any]]:
        return {found["name"]: found for found in self.ask("/deployments/filter")}


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINLINE_HOME", str(prefect_at_hand.home()))
        # Whatever asks for something outside this machine fails.
        patch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        patch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        url = prefect_at_hand.server_url()
        with (
            Stack(needs=frozenset({"providers"})) as stack,
            httpx.Client(base_url=url, trust_env=False) as api,
        ):
            environ = clean_prefect_environ(pool_environ(stack), stack.home, url)
            made = Pool(stack, environ, api)
            made.prefect("work-pool", "create", "kinline", "--type", "process", "--overwrite")
            made.prefect("--no-prompt", "deploy", "--all")
            yield made


def test_every_flow_has_a_deployment_on_the_process_pool(pool: Pool) -> None:
    found = pool.deployments()
    assert {name: one["entrypoint"] for name, one in found.items()} == FLOWS
    assert {one["work_pool_name"] for one in found.values()} == {"kinline"}
    assert pool.api.get("/work_pools/kinline").json()["type"] == "process"


def test_a_round_never_runs_beside_itself(pool: Pool) -> None:
    limits = {
        name: (one["global_concurrency_limit"]["limit"], one["concurrency_options"]["collision_strategy"])
        for name, one in pool.deployments().items()
    }
    alone = {name for name, limit in limits.items() if limit == (1, "CANCEL_NEW")}
    assert alone == set(FLOWS) - {"vet-application", "import-packets"}
    assert {limits["vet-application"], limits["import-packets"]} == {(2, "ENQUEUE")}


def test_deploying_again_changes_nothing(pool: Pool) -> None:
    before = {name: one["id"] for name, one in pool.deployments().items()}
    pool.prefect("--no-prompt", "deploy", "--all")
    assert {name: one["id"] for name, one in pool.deployments().items()} == before


def test_prefect_schedules_the_account_and_the_addresses_and_nothing_else(pool: Pool) -> None:
    ids = {one["id"]: name for name, one in pool.deployments().items()}
    scheduled: set[str] = set()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(scheduled) < 2 and time.monotonic() < deadline:
        states = {"type": {"any_": ["SCHEDULED"]}}
        runs = pool.ask("/flow_runs/filter", flow_runs={"state": states})
        scheduled = {ids[run["deployment_id"]] for run in runs if run["auto_scheduled"]}
        time.sleep(0.2)
    assert scheduled == {"accounting", "address-round"}


def test_a_deployment_is_run_by_a_process_worker_against_the_database(pool: Pool) -> None:
    accounting = pool.deployments()["accounting"]["id"]
    run = pool.ask(f"/deployments/{accounting}/create_flow_run", state={"type": "SCHEDULED"})
    pool.prefect("worker", "start", "--pool", "kinline", "--name", "for-the-test", "--run-once")
    ended = pool.api.get(f"/flow_runs/{run['id']}").json()
    assert (ended["state"]["type"], ended["parameters"]) == ("COMPLETED", {})
