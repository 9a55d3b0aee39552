"""What every command shares: options, the exit codes of design 6.3, and how results are printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from rich.console import Console
from sqlalchemy.exc import OperationalError

from integrations.store.staff import get_person
from kinline.local.home import LocalError
from kinline.stack import Need, Stack
from models.errors import BadInput, IntegrationError, NotFound, Problem, Refused
from models.facts import Person

# An id like `x:child:y` is to be copied: no word in it is a picture.
OUT = Console(soft_wrap=True, highlight=False, emoji=False)
ERR = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout; logs go to stderr.")]
At = Annotated[
    str | None,
    typer.Option(
        "--at", help="Sandbox only: move its clock to this time first (ISO 8601 with zone).", metavar="TIME"
    ),
]
As = Annotated[
    str, typer.Option("--as", help="Who acts: the e-mail address of a named person.", metavar="EMAIL")
]
MaybeAs = Annotated[
    str | None, typer.Option("--as", help="Who looks; without it the audit says `cli`.", metavar="EMAIL")
]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a person's words. No names.")]

DONE, ANSWER_IS_NO, BAD_INPUT, UNREACHABLE = 0, 1, 2, 3


def moment(value: str | None, option: str = "--at") -> datetime | None:
    """The moment that an option names.

    Raises:
        BadInput: not ISO 8601, or without a zone.
    """
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise BadInput(
            Problem(
                option,
                "wrong_value",
                "This is not a time with a zone.",
                "Write it as 2026-02-02T15:00Z or 2026-02-02T09:00-06:00.",
            )
        )
    return at


def read_file(path: Path, option: str) -> bytes:
    """The bytes of the file that an option names.

    Raises:
        BadInput: it can't be read.
    """
    try:
        return path.read_bytes()
    except OSError as err:
        raise BadInput(
            Problem(option, "not_found", f"The file can't be read ({err.strerror}).", "Check the path.")
        ) from None


def person(stack: Stack, email: str) -> Person:
    with stack.kit.transaction() as session:
        return get_person(session, email)


def maybe_person(stack: Stack, email: str | None) -> Person | None:
    return person(stack, email) if email else None


def run(
    body: Callable[[Stack], Any],
    *,
    as_json: bool,
    show: Callable[[Any], None],
    at: str | None = None,
    needs: Iterable[Need] = (),
    code: Callable[[Any], int] = lambda _result: DONE,
) -> None:
    """Opens the parts, does the work, prints the result, and ends with the contract's exit code."""
    try:
        with Stack(needs=frozenset(needs), at=moment(at)) as stack:
            result = body(stack)
    except KeyboardInterrupt:
        ERR.print("Stopped. Nothing is lost; run the command again.")
        raise typer.Exit(130) from None
    except Exception as err:
        raise typer.Exit(explain(err, as_json=as_json)) from None
    emit(result, as_json=as_json, show=show)
    if (number := code(result)) != DONE:
        raise typer.Exit(number)


def emit(result: Any, *, as_json: bool, show: Callable[[Any], None]) -> None:
    if as_json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False, default=str) + "\n")
        sys.stdout.flush()
    else:
        show(result)


def explain(err: Exception, *, as_json: bool) -> int:
    """Prints what went wrong and what to do; returns the exit code. An unforeseen error is raised again."""
    if isinstance(err, BadInput):
        problems = [p.as_json() for p in err.problems]
        _tell(
            {"problems": problems}, [f"{p['field']}: {p['message']} {p['remedy']}" for p in problems], as_json
        )
        return BAD_INPUT
    if isinstance(err, NotFound):
        problem = Problem(
            err.noun, "not_found", f"There is no such {err.noun}.", "Check the id or reference."
        )
        _tell({"problems": [problem.as_json()]}, [f"{problem.message} {problem.remedy}"], as_json)
        return BAD_INPUT
    if isinstance(err, Refused):
        refused = {"code": err.code, "message": err.message, "missing": list(err.missing)}
        lines = [f"No: {err.message}", *(f"  missing: {m}" for m in err.missing)]
        _tell({"refused": refused}, lines, as_json)
        return ANSWER_IS_NO
    if isinstance(err, IntegrationError):
        _tell(
            {"unreachable": {"service": err.service, "detail": err.detail}},
            [f"{err.service} can't be reached ({err.detail}). Try again in a minute."],
            as_json,
        )
        return UNREACHABLE
    if isinstance(err, LocalError):
        _tell({"unreachable": {"service": "local", "detail": str(err)}}, [str(err)], as_json)
        return UNREACHABLE
    if isinstance(err, (OperationalError, psycopg.OperationalError)):
        _tell(
            {"unreachable": {"service": "database", "detail": type(err).__name__}},
            ["The database can't be reached. `kinline doctor` says more."],
            as_json,
        )
        return UNREACHABLE
    raise err


def _tell(document: dict[str, Any], lines: list[str], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    else:
        for line in lines:
            ERR.print(line)


def written(out: Path, content: bytes, option: str = "--out") -> dict[str, Any]:
    """The file that an option names holds the content. Says which, and how large it is.

    Raises:
        BadInput: it can't be written there.
    """
    try:
        out.write_bytes(content)
    except OSError as err:
        raise BadInput(
            Problem(option, "not_written", f"It can't be written ({err.strerror}).", "Check the path.")
        ) from None
    return {"file": str(out), "bytes": len(content)}
