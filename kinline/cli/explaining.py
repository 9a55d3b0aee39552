"""The commands that explain: why something is asked, what a decision was made on, what a policy costs."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from integrations.desk.replays import replay as judge_again
from integrations.desk.views import application_json
from integrations.policies import vetting_policy
from integrations.store.policy_cost import policy_cost
from kinline.cli import common
from kinline.cli.common import OUT, AsJson, At, MaybeAs
from kinline.stack import Stack

app = typer.Typer()
policy_app = typer.Typer()


@app.command()
def explain(
    application: Annotated[str, typer.Argument(metavar="APPLICATION")],
    as_json: AsJson = False,
    at: At = None,
    as_: MaybeAs = None,
) -> None:
    """Why each thing is asked for, by which rule and source, and what stands in the file for it."""

    def body(stack: Stack) -> dict[str, Any]:
        viewer = common.maybe_person(stack, as_)
        found = application_json(stack.kit, application, viewer=viewer, now=stack.now())
        names = ("application_id", "reference", "state", "policy", "category", "required", "findings")
        return {name: found[name] for name in names}

    common.run(body, as_json=as_json, at=at, show=_show_explained)


@app.command()
def replay(
    application: Annotated[str | None, typer.Argument(metavar="[APPLICATION]")] = None,
    as_json: AsJson = False,
    at: At = None,
    as_: MaybeAs = None,
) -> None:
    """Judge kept decisions again, on the facts of that day under their own policy. Exit 1 if any differs."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.maybe_person(stack, as_)
        return judge_again(stack.kit, application, actor=str(who.id) if who else "cli", now=stack.now())

    common.run(
        body,
        as_json=as_json,
        at=at,
        show=_show_replayed,
        code=lambda r: common.DONE if r["same"] == r["decisions"] else common.ANSWER_IS_NO,
    )


@policy_app.command("cost")
def cost(
    version: Annotated[str | None, typer.Argument(metavar="[VERSION]")] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """What a policy version costs in days, and what each of its requirements has turned up."""

    def body(stack: Stack) -> dict[str, Any]:
        if version is not None:
            vetting_policy(version)
        with stack.kit.transaction() as session:
            return policy_cost(session, version, now=stack.now())

    common.run(body, as_json=as_json, at=at, show=_show_cost)


def _show_explained(found: dict[str, Any]) -> None:
    OUT.print(f"[bold]{found['reference']}[/]  {found['state']}  policy {found['policy']}")
    for asked in found["required"]:
        OUT.print(f"{asked['key']}: {asked['state']}", style="bold")
        for line in asked["asked_by"]:
            why = "; ".join(line["because"]) or "asked of everybody"
            OUT.print(f"  asked by {line['rule']}: {why}")
            OUT.print(f"    {line['source']}{' (unverified)' if line['unverified'] else ''}", style="dim")
        for proof in asked["evidence"] or [{"nothing": "in the file yet"}]:
            OUT.print(f"  file: {_told(proof)}")
    for finding in found["findings"]:
        OUT.print(f"{finding['key']}: {finding['severity']}, {finding['state']}", style="bold")
        OUT.print(f"  {finding['message']}")
        OUT.print(f"  rule {finding['rule']}: {finding['source']}", style="dim")
        told = ", ".join(
            f"{k.replace('_', ' ')} {v}" for k, v in finding["evidence"].items() if v is not None
        )
        OUT.print(f"  evidence: {told or 'none'}")


def _told(proof: dict[str, Any]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {value}" for name, value in proof.items() if value is not None
    )


def _show_replayed(result: dict[str, Any]) -> None:
    for one in result["results"]:
        if not one["same"]:
            OUT.print(
                f"decision {one['decision_id']} ({one['policy']}, {one['at']}) is judged differently now:"
            )
            for line in one["differences"]:
                OUT.print(f"  {line}")
    OUT.print(f"{result['decisions']} decisions judged again, {result['same']} the same.")


def _show_cost(result: dict[str, Any]) -> None:
    stays = Table(
        "policy", "category", "released", "median days", "90 % within", "waiting", "median so far", box=None
    )
    for row in result["days_in_care"]:
        stays.add_row(*(_cell(row[k]) for k in _STAYS))
    OUT.print(stays)
    if not result["requirements"]:
        OUT.print("No application has been decided yet, so no requirement has cost or yield to show.")
        return
    asked = Table(
        "requirement", "of", "asked", "days, median", "days held up", "found something", "barred", box=None
    )
    for row in result["requirements"]:
        asked.add_row(*(_cell(row[k]) for k in _ASKED))
    OUT.print(asked)


_STAYS = ("policy", "category", "released", "median_days", "p90_days", "waiting", "median_waiting")
_ASKED = ("item", "subject", "asked", "median_days", "held_up_days", "found", "barred")


def _cell(value: Any) -> str:
    return "-" if value is None else str(value)
