"""The commands about texts: what we say in each language, and what it costs."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from integrations.desk.message_costs import cost_json, messages_json
from kinline.cli import common
from kinline.cli.common import OUT, AsJson, At

app = typer.Typer(help="Our texts: every language and message with its size, its cost and its reviewer.")


@app.command("list")
def messages_list(as_json: AsJson = False) -> None:
    """Every message in every language, at its longest, and who reviewed it. Exit 1 when one breaks a rule."""
    try:
        found = messages_json()
    except Exception as err:
        raise typer.Exit(common.explain(err, as_json=as_json)) from None
    common.emit(found, as_json=as_json, show=_show_list)
    if found["problems"]:
        raise typer.Exit(common.ANSWER_IS_NO)


@app.command("cost")
def messages_cost(
    since: Annotated[
        str | None, typer.Option("--since", help="Only what went out from then on.", metavar="TIME")
    ] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """What went out, by language and message: texts, parts, and their cost by the price file."""
    common.run(
        lambda stack: cost_json(stack.kit, now=stack.now(), since=common.moment(since, "--since")),
        as_json=as_json,
        at=at,
        show=_show_cost,
    )


def _show_list(found: dict[str, Any]) -> None:
    reviewers = {c["language"]: c["reviewed_by"] or "unreviewed" for c in found["languages"]}
    for m in found["messages"]:
        OUT.print(f"{m['language']} {m['template']}: {_sized(m)}; {reviewers[m['language']]}", markup=False)
    _show_prices(found["prices"])
    for problem in found["problems"]:
        OUT.print(f"wrong: {problem}", markup=False)


def _sized(message: dict[str, Any]) -> str:
    if message["spoken"]:
        return "read out"
    most = message["worst_case"]
    return (
        f"{message['as_written']['characters']} letters, at most {most['characters']} in {most['encoding']},"
        f" {most['segments']} part{'s' if most['segments'] != 1 else ''}, {message['cost']:.4f}"
    )


def _show_cost(found: dict[str, Any]) -> None:
    for item in found["by_message"]:
        OUT.print(
            f"{item['language']} {item['template']}: {item['texts']} texts, {item['segments']} parts,"
            f" {item['cost']:.4f}"
        )
    OUT.print(f"in all: {found['texts']} texts, {found['segments']} parts, {found['cost']:.4f}")
    _show_prices(found["prices"])


def _show_prices(prices: dict[str, Any]) -> None:
    unsure = ", unverified" if prices["unverified"] else ""
    OUT.print(
        f"prices: {prices['version']}{unsure}, in {prices['currency']}; {prices['source']}", markup=False
    )
