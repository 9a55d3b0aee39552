"""The commands about a child's case in court: looks at the court's own word, outcomes of hearings, who will go."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from integrations.desk import attendance, calendar, court
from integrations.desk.court_dates import NamedHearing
from integrations.desk.court_measures import measures_json
from kinline.cli import common, show_court
from kinline.cli.cases import Case, act_on_case
from kinline.cli.common import As, AsJson, At
from kinline.cli.followup import as_uuid
from kinline.stack import Stack
from models.court_status import Attendance, CourtSource, CourtStatus, Going
from models.errors import BadInput, Problem
from models.facts import Person
from models.states import Party

court_app = typer.Typer(help="Where a child's case stands in court.")
hearing_app = typer.Typer(help="Whether the family will go to a hearing, and what came of it.")
Source = Annotated[CourtSource, typer.Option("--source", help="Who said it.")]
Note = Annotated[str | None, typer.Option("--note", help="In a person's words. No names.")]


@court_app.command("look")
def court_look(
    case: Case,
    status: Annotated[CourtStatus, typer.Option("--status", help="Where the case stands in court.")],
    source: Source,
    as_: As,
    said: Annotated[str | None, typer.Option("--said", help="What it said, word for word. Sealed.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="The same from a file.")] = None,
    next_hearing: Annotated[
        str | None, typer.Option("--next-hearing", metavar="TIME", help="The date that it named, with zone.")
    ] = None,
    at_court: Annotated[str | None, typer.Option("--court", help="Of that hearing: the court.")] = None,
    hearing_key: Annotated[
        str | None, typer.Option("--hearing-key", help="Of that hearing: the court's key, or one of yours.")
    ] = None,
    ordered_on: Annotated[
        str | None, typer.Option("--ordered-on", metavar="DATE", help="Of an order of removal: its day.")
    ] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Write down a look at the court's own word. It settles the duty to look, and the next look opens."""

    def work(s: Stack, who: Person, now: datetime) -> UUID:
        if said is not None and file is not None:
            raise BadInput(Problem("--said", "twice", "What it said is given twice.", "Keep one of the two."))
        words = said if file is None else common.read_file(file, "--file").decode(errors="replace")
        look = court.Look(
            status, source, words, _named(next_hearing, at_court, hearing_key), _day(ordered_on)
        )
        return court.record_look(s.kit, case, look, who, now=now)

    act_on_case(work, as_=as_, as_json=as_json, at=at)


def _named(next_hearing: str | None, at_court: str | None, key: str | None) -> NamedHearing | None:
    """All three or none: without court and key nobody could tell the hearing from another."""
    given = {"--next-hearing": next_hearing, "--court": at_court, "--hearing-key": key}
    if not any(given.values()):
        return None
    missing = [
        Problem(option, "missing", "A hearing is named by its time, court and key.", f"Add {option}.")
        for option, value in given.items()
        if not (value or "").strip()
    ]
    starts_at = common.moment(next_hearing, "--next-hearing")
    if missing or starts_at is None or at_court is None or key is None:
        raise BadInput(missing)
    return NamedHearing(starts_at, at_court.strip(), key.strip())


def _day(value: str | None, option: str = "--ordered-on") -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise BadInput(
            Problem(option, "wrong_value", "This is not a date.", "Write it as 2026-02-02.")
        ) from None


@court_app.command("measures")
def court_measures(as_json: AsJson = False, at: At = None) -> None:
    """How many children were at their hearings, of how many nobody knows, and how many have no date."""
    common.run(
        lambda stack: measures_json(stack.kit, now=stack.now()),
        as_json=as_json,
        at=at,
        show=show_court.measures,
    )


@hearing_app.command("outcome")
def hearing_outcome(
    hearing: Annotated[
        str, typer.Argument(metavar="HEARING|CASE", help="Its id; of a case its oldest without an outcome.")
    ],
    outcome: Annotated[
        Attendance, typer.Argument(metavar="OUTCOME", help="attended|missed|continued|unknown")
    ],
    source: Source,
    as_: As,
    note: Note = None,
    next_: Annotated[
        str | None, typer.Option("--next", metavar="TIME", help="When the court goes on, with zone.")
    ] = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Say what came of a hearing. Unknown settles nothing; a miss is somebody's at once, with the legal clocks."""

    act_on_case(
        lambda s, who, now: attendance.say_outcome(
            s.kit,
            hearing,
            outcome,
            who,
            source=source,
            note=note,
            next_at=common.moment(next_, "--next"),
            now=now,
        ),
        as_=as_,
        as_json=as_json,
        at=at,
    )


@hearing_app.command("confirm")
def hearing_confirm(
    hearing: Annotated[str, typer.Argument(metavar="HEARING", help="Its id.")],
    word: Annotated[Going, typer.Argument(metavar="WORD", help="going|not_going|no_ride")],
    party: Annotated[Party, typer.Option("--party", help="Who said it: child or sponsor.")],
    as_: As,
    note: Note = None,
    as_json: AsJson = False,
    at: At = None,
) -> None:
    """Write down what child or sponsor said to you about going. Who can't go is somebody's at once."""

    act_on_case(
        lambda s, who, now: calendar.record_going(
            s.kit, as_uuid(hearing, "HEARING"), party, word, who, note=note, now=now
        ),
        as_=as_,
        as_json=as_json,
        at=at,
    )


def week(first: str | None, as_json: bool, at: str | None, as_: str | None) -> None:
    """The body of `kinline hearings week`."""

    def body(stack: Stack) -> dict[str, Any]:
        who = common.maybe_person(stack, as_)
        day = _day(first, "--from") or stack.now().date()
        return calendar.week_json(stack.kit, first=day, actor=str(who.id) if who else "cli", now=stack.now())

    common.run(body, as_json=as_json, at=at, show=show_court.week)
