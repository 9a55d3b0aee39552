"""Where the family lives: moves, the proof of a new home, its sign-off, letters that came back, the court's form."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from integrations.desk import addresses, court_forms, homes, whereabouts_acts
from kinline.cli import common
from kinline.cli.cases import Case, act_on_case
from kinline.cli.common import OUT, As, AsJson, At, Reason
from kinline.stack import Stack
from models.errors import BadInput, Problem
from models.facts import Person

app = typer.Typer(help="Where the family lives.")
On = Annotated[str, typer.Option("--on", help="The day, as YYYY-MM-DD.", metavar="DATE")]
Document = Annotated[
    Path | None, typer.Option("--document", help="A proof of the new address: a photo, a scan or a PDF.")
]


def _day(value: str, option: str) -> date:
    """The day that an option names.

    Raises:
        BadInput: it is none.
    """
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise BadInput(
            Problem(option, "wrong_value", "This is not a day.", "Write it as 2026-02-02.")
        ) from None


@app.command("change")
def change(
    case: Case,
    as_: As,
    address: Annotated[
        Path, typer.Option("--file", "--address", help="JSON of the new address, as in a packet.")
    ],
    document: Document = None,
    moved_on: Annotated[
        str | None, typer.Option("--moved-on", help="The day of the move, if not today.", metavar="DATE")
    ] = None,
    moved_at: Annotated[
        str | None, typer.Option("--moved-at", help="When they moved, where the hour is known.")
    ] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Record a move. The old address is kept; the new one goes through the gate of intake; the court is to be told."""

    def work(s: Stack, who: Person, now: datetime) -> UUID:
        if moved_on is not None and moved_at is not None:
            raise BadInput(
                Problem("--moved-at", "both_given", "The day or the hour, one of the two.", "Leave one out.")
            )
        moved = addresses.Moved(
            at=common.moment(moved_at, "--moved-at"),
            on=None if moved_on is None else _day(moved_on, "--moved-on"),
        )
        raw = common.read_file(address, "--file")
        proof = None if document is None else common.read_file(document, "--document")
        found = addresses.change_address(s.kit, case, raw, who, moved=moved, now=now)
        if proof is not None and document is not None:
            homes.hand_in_proof(s.kit, str(found), proof, who, filename=document.name, now=now)
        return found

    act_on_case(work, as_=as_, as_json=as_json, at=at, needs=("providers",))


@app.command("proof")
def proof(
    case: Case,
    as_: As,
    document: Annotated[Path, typer.Option("--document", help="A photo, a scan or a PDF.")],
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Hand in a proof of the current address. It is read, and compared by the rules of intake."""

    def work(s: Stack, who: Person, now: datetime) -> UUID:
        content = common.read_file(document, "--document")
        return homes.hand_in_proof(s.kit, case, content, who, filename=document.name, now=now)

    act_on_case(work, as_=as_, as_json=as_json, at=at)


@app.command("confirm")
def confirm(
    case: Case,
    as_: As,
    typed: Annotated[Path, typer.Option("--typed", help="JSON of what you read on the proof.")],
    reason: Annotated[str, typer.Option("--reason", help="Your answer to what needs one. No names.")] = "",
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Sign the current address off by its proof. Exit 1 with everything that is still lacking."""

    def work(s: Stack, who: Person, now: datetime) -> UUID:
        raw = common.read_file(typed, "--typed")
        return homes.confirm_home(s.kit, case, who, typed=raw, reason=reason, now=now)

    act_on_case(work, as_=as_, as_json=as_json, at=at)


@app.command("still")
def still(case: Case, as_: As, reason: Reason, as_json: AsJson = False, at: At = None) -> None:
    """Write down that you found out that they have not moved, after a reply or a letter that came back."""
    act_on_case(
        lambda s, who, now: homes.still_there(s.kit, case, who, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command("returned")
def returned(case: Case, as_: As, on: On, as_json: AsJson = False, at: At = None) -> None:
    """A letter to the current address came back: somebody must find out where they live."""
    act_on_case(
        lambda s, who, now: whereabouts_acts.mail_returned(s.kit, case, who, on=_day(on, "--on"), now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command("unknown")
def unknown(case: Case, as_: As, reason: Reason, as_json: AsJson = False, at: At = None) -> None:
    """Write down that nobody knows where the child is. A supervisor owns it at once."""
    act_on_case(
        lambda s, who, now: whereabouts_acts.lose_location(s.kit, case, who, reason=reason, now=now),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@app.command("form")
def form(
    case: Case,
    as_: As,
    out: Annotated[Path, typer.Option("--out", help="Where to write the PDF.")],
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Print the court's form for the newest move, to be signed. It holds names and addresses: keep it as such."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.person(stack, as_)
        return common.written(out, court_forms.print_form(stack.kit, case, who, now=stack.now()))

    common.run(
        body,
        as_json=as_json,
        at=at,
        show=lambda done: OUT.print(
            f"{done['file']}, {done['bytes']} bytes. Have it signed where it says SIGN HERE, file it, and record that:"
            f" kinline address filed {case} --on DATE --as EMAIL",
            markup=False,
        ),
    )


@app.command("filed")
def filed(
    case: Case,
    as_: As,
    on: On,
    receipt: Annotated[Path | None, typer.Option("--receipt", help="The court's receipt.")] = None,
    copy_on: Annotated[
        str | None, typer.Option("--copy-on", help="The day on which DHS got its copy.", metavar="DATE")
    ] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Say that the form went to the court on that day. It is on record as told outside."""

    def work(s: Stack, who: Person, now: datetime) -> UUID:
        filing = court_forms.Filing(
            on=_day(on, "--on"),
            receipt=None if receipt is None else common.read_file(receipt, "--receipt"),
            filename="" if receipt is None else receipt.name,
            copy_on=None if copy_on is None else _day(copy_on, "--copy-on"),
        )
        return court_forms.record_filing(s.kit, case, who, filing, now=now)

    act_on_case(work, as_=as_, as_json=as_json, at=at)
