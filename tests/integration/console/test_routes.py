"""Every address, visited as every role and as nobody, answers as docs/routes.md says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from httpx import Client, Response

from console.scope import NOT_ABOUT_A_CASE
from integrations.desk.offices import NOUNS
from integrations.identity.accounts import Awaits, begin_session
from integrations.identity.api_keys import Scope, make_key
from integrations.kit import Kit
from models.facts import Person
from models.states import Role
from tests.builders import NOW
from tests.integration.console.conftest import open_browser

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "routes.md").read_text(encoding="utf-8")
NOBODY = "nobody"
HALF = "half signed in"
EVERYBODY = frozenset([NOBODY, HALF, *Role])
ELSEWHERE = {"Origin": "https://evil.example.org"}
OUT_OF_DATE = "form is out of date"
WITH_TOKEN = ("form token", "header token")


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    method: str
    path: str
    who: str
    carries: str

    @property
    def url(self) -> str:
        """The address with an id that nothing has; of the providers, one that there is."""
        return re.sub(r"\{\w+\}", str(UUID(int=0)), self.path.replace("{provider}", "clearline"))


def tables() -> list[list[list[str]]]:
    found = re.findall(r"((?:^\|.*\n)+)", PAGE, flags=re.MULTILINE)
    return [
        [[cell.strip() for cell in row.strip("|").split("|")] for row in one.splitlines()[2:]]
        for one in found
    ]


def roles_in(words: str) -> frozenset[str]:
    """Who a cell of the first table names. `no role`: whatever the session, it does not count."""
    named = frozenset(re.findall(r"`(\w+)`", words))
    if words.startswith("no role"):
        return frozenset()
    if words.startswith("who has given"):
        return frozenset([HALF])
    if words.startswith("all"):
        return (EVERYBODY if "not signed in" in words else frozenset(Role)) - named
    return named


GROUPS: Mapping[str, frozenset[str]] = {who: roles_in(roles) for who, roles in tables()[0]}
LINES = [Line(method, path.strip("`"), who, carries) for method, path, who, carries in tables()[1]]


def carried(line: Line) -> str:
    return line.carries.partition(":")[0]


@dataclass
class Visitors:
    """One client, and the cookie of each role."""

    client: Client
    cookies: Mapping[str, str]

    def visit(self, line: Line, role: str, **headers: str) -> Response:
        cookie = {"Cookie": f"kinline_session={self.cookies[role]}"} if role != NOBODY else {}
        return self.client.request(line.method, line.url, headers=cookie | headers)


@pytest.fixture
def visitors(app: FastAPI, kit: Kit, staff: dict[str, Person]) -> Iterator[Visitors]:
    with kit.transaction() as session:
        cookies = {role.value: begin_session(session, staff[role.value], now=NOW).token for role in Role}
        cookies[HALF] = begin_session(session, staff["cm"], now=NOW, awaits=Awaits.CODE).token
    with open_browser(app) as client:
        yield Visitors(client, cookies)


def how(answer: Response) -> str:
    """What this answer says of the visitor: let in, turned away, or asked who they are."""
    if answer.status_code == 401 or answer.headers.get("location", "").startswith("/sign-in?"):
        return "unknown"
    if answer.headers.get("location") == "/sign-in" and "set-cookie" not in answer.headers:
        return "unknown"
    if answer.status_code == 403 and OUT_OF_DATE not in answer.text:
        return "turned away"
    return "let in"


def test_every_address_has_its_line_and_no_line_is_left_over(app: FastAPI) -> None:
    served = {
        f"{method} {route.path}"
        for route in iter_route_contexts(app.routes)
        for method in (route.methods or {"GET"}) - {"HEAD"}
    }
    assert sorted(f"{line.method} {line.path}" for line in LINES) == sorted(
        path.replace("/static", "/static/{file}") for path in served
    )


def expected(line: Line, role: str) -> tuple[str, ...]:
    """How this visitor may be answered. A key, a signature or a password is asked for whatever the session."""
    match carried(line):
        case "signature":
            return ("turned away",)
        case "key":
            return ("unknown",)
        case "own form":
            return ("unknown", "let in")
    if role in GROUPS[line.who]:
        return ("let in",)
    return ("unknown",) if line.who == HALF or role in (NOBODY, HALF) else ("turned away",)


def test_every_role_is_let_in_exactly_where_the_table_says(visitors: Visitors) -> None:
    wrong = []
    for line in LINES:
        for role in sorted(EVERYBODY):
            answer = visitors.visit(line, role)
            if how(answer) not in expected(line, role) or answer.status_code == 500:
                wrong.append(f"{line.method} {line.path} as {role}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_what_changes_something_wants_its_token(visitors: Visitors) -> None:
    wrong = []
    for line in LINES:
        allowed = sorted(GROUPS[line.who] - {NOBODY})
        if line.method == "GET":
            assert carried(line) == "nothing", line
            continue
        if carried(line) in WITH_TOKEN and OUT_OF_DATE not in visitors.visit(line, allowed[0]).text:
            wrong.append(f"{line.method} {line.path}: acts without the token")
        if carried(line) in (*WITH_TOKEN, "own form"):
            answer = visitors.visit(line, allowed[0], **ELSEWHERE)
            if answer.status_code != 403 or "another site" not in answer.text:
                wrong.append(f"{line.method} {line.path}: takes another site's form")
        assert carried(line) in (*WITH_TOKEN, "own form", "signature", "key"), line
    assert not wrong, "\n".join(wrong)


def test_key_opens_only_what_it_is_for(visitors: Visitors, kit: Kit, staff: dict[str, Person]) -> None:
    """Each address with a key of each scope: one for a case manager, and one for nobody."""
    tokens = {
        (scope.value, email): make_key(
            kit,
            f"key-{number}-{'nobody' if email is None else 'cm'}",
            [scope.value],
            staff["administrator"],
            days=1,
            wall=NOW,
            for_email=email,
        )["token"]
        for number, scope in enumerate(Scope)
        for email in (staff["case_manager"].email, None)
    }
    wrong = []
    for method, path, wanted, needs_a_person in tables()[2]:
        line = Line(method, path.strip("`"), "a key", "key")
        for (scope, email), token in tokens.items():
            opens = scope == wanted.strip("`") and (email is not None or needs_a_person == "no")
            answer = visitors.visit(line, NOBODY, Authorization=f"Bearer {token}")
            if how(answer) != ("let in" if opens else "turned away"):
                wrong.append(f"{method} {path} with {scope} for {email}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_every_address_of_the_api_can_be_opened_with_a_key() -> None:
    by_key = {f"{method} {path.strip('`')}" for method, path, *_ in tables()[2]}
    of_the_api = {f"{line.method} {line.path}" for line in LINES if line.path.startswith("/api/")}
    assert of_the_api - by_key == {"GET /api/v1/openapi.json"}
    assert by_key - of_the_api == set()


def test_every_address_about_a_case_is_bounded_by_office() -> None:
    """A key or id in an address of those who read or work on cases names something whose case is known."""
    about = {
        line.path.removeprefix("/api/v1").split("/")[1]
        for line in LINES
        if "{" in line.path and line.who in ("case readers", "case workers")
    }
    assert about <= NOUNS | NOT_ABOUT_A_CASE


def test_auditor_changes_nothing_but_their_own_account() -> None:
    acting = [line for line in LINES if line.method != "GET" and Role.AUDITOR in GROUPS[line.who]]
    assert [line.path for line in acting if line.who not in ("anybody", "signed in")] == []
