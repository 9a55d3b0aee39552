"""The commands of checks: results on paper, hits that two people judge, what is done by hand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from integrations.desk import by_hand, check_acts, hits
from kinline.cli import common
from kinline.cli.common import As, AsJson, At, Reason
from kinline.cli.vetting import Application, act, day_of
from kinline.stack import Stack
from models.facts import Person

app = typer.Typer(help="Results of checks that people bring in or judge.")
Check = Annotated[
    str,
    typer.Argument(metavar="CHECK", help="Such as child_abuse_registry, fbi_name@household:0, or its id."),
]


@app.command("record")
def check_record(
    application: Application,
    check: Check,
    as_: As,
    reason: Reason,
    result: Annotated[str, typer.Option("--result", help="clear, hit_review or hit_bar.")],
    on: Annotated[
        str, typer.Option("--on", help="The day of the registry's answer, YYYY-MM-DD.", metavar="DATE")
    ],
    evidence: Annotated[Path, typer.Option("--evidence", help="The registry's paper, as a scan or PDF.")],
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Write down the result of a registry that answers on paper: the case manager."""

    def work(stack: Stack, who: Person, now: datetime) -> UUID:
        return check_acts.record_result(
            stack.kit,
            application,
            check,
            who,
            result=result,
            on=day_of(on),
            evidence=(evidence.name, common.read_file(evidence, "--evidence")),
            reason=reason,
            now=now,
        )

    act(work, as_=as_, as_json=as_json, at=at)


@app.command("adjudicate")
def check_adjudicate(
    application: Application,
    check: Check,
    as_: As,
    reason: Reason,
    verdict: Annotated[str, typer.Option("--verdict", help="clear, bar, bar_5y or not_this_person.")],
    offence_on: Annotated[
        str | None,
        typer.Option("--offence-on", help="bar_5y: the day of the offence, YYYY-MM-DD.", metavar="DATE"),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", help="not_this_person: the paper that shows it, as a scan or PDF."),
    ] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Judge a hit. Two people must; if they differ, the graver word stands. A bar: only that it is another's."""

    def work(stack: Stack, who: Person, now: datetime) -> UUID:
        return hits.adjudicate(
            stack.kit,
            application,
            check,
            who,
            verdict=verdict,
            reason=reason,
            offence_on=day_of(offence_on, "--offence-on") if offence_on else None,
            evidence=(evidence.name, common.read_file(evidence, "--evidence")) if evidence else None,
            now=now,
        )

    act(work, as_=as_, as_json=as_json, at=at)


@app.command("keep-record")
def check_keep_record(
    application: Application,
    check: Check,
    as_: As,
    record: Annotated[Path, typer.Option("--record", help="The raw record, as a scan or PDF.")],
    disposition: Annotated[
        str | None, typer.Option("--disposition", help="Of the arrest or charge: resolved or unresolved.")
    ] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Keep the raw record behind a hit, sealed and apart from how it is judged: the case manager."""

    def work(stack: Stack, who: Person, now: datetime) -> UUID:
        content = common.read_file(record, "--record")
        return hits.keep_record(
            stack.kit,
            application,
            check,
            who,
            record=(record.name, content),
            disposition=disposition,
            now=now,
        )

    act(work, as_=as_, as_json=as_json, at=at)


@app.command("read-record")
def check_read_record(
    application: Application,
    check: Check,
    as_: As,
    reason: Reason,
    out: Annotated[Path, typer.Option("--out", help="The file to write.", metavar="FILE")],
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Write the raw record behind a hit to a file, for those who judge it. Each look is on record."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        kept = hits.read_record(stack.kit, application, check, who, reason=reason, now=stack.now())
        return common.written(out, kept.content)

    common.run(body, as_json=as_json, at=at, show=lambda r: common.OUT.print(f"Written: {r['file']}"))


@app.command("allow-pending")
def check_allow_pending(
    application: Application,
    check: Check,
    as_: As,
    reason: Reason,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Sign off that a check may still be out at the release: whom the policy's line names, if a line lets it."""
    act(
        lambda s, who, now: check_acts.allow_pending(s.kit, application, check, who, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command("by-hand")
def check_by_hand(
    application: Application,
    item: Annotated[
        str, typer.Argument(metavar="ITEM", help="dna or in_person_identity, with @household:0 if needed.")
    ],
    as_: As,
    reason: Reason,
    result: Annotated[str, typer.Option("--result", help="confirmed or failed.")],
    on: Annotated[str, typer.Option("--on", help="The day it was done, YYYY-MM-DD.", metavar="DATE")],
    evidence: Annotated[Path, typer.Option("--evidence", help="The paper that says so, as a scan or PDF.")],
    custody: Annotated[Path, typer.Option("--custody", help="JSON: operator, place, at, device.")],
    samples_destroyed_on: Annotated[
        str | None,
        typer.Option(
            "--samples-destroyed-on", help="DNA only: the day the samples were destroyed.", metavar="DATE"
        ),
    ] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Write down a DNA comparison or an identity check in person, with its evidence: the case manager."""

    def work(stack: Stack, who: Person, now: datetime) -> UUID:
        done = by_hand.Done(
            result=result,
            on=day_of(on),
            evidence=(evidence.name, common.read_file(evidence, "--evidence")),
            custody=common.read_file(custody, "--custody"),
            samples_destroyed_on=(
                day_of(samples_destroyed_on, "--samples-destroyed-on") if samples_destroyed_on else None
            ),
        )
        return by_hand.record(stack.kit, application, item, who, done, reason=reason, now=now)

    act(work, as_=as_, as_json=as_json, at=at)
