"""Templates and how a page is made of them. Every value is escaped; no page holds a script or a style of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from console.context import console_of
from console.errors import Answer
from console.once import new_word
from console.pages import moments, wording
from console.pages.done_words import done_words
from console.pages.proof_words import proof
from console.permissions import ACT_ON_CASES, HAND_IN, READ_CASES, READ_LINKS, READ_OPENINGS
from console.speech import gettext, ngettext, speech, translated
from integrations.identity.accounts import SignedIn

_ROOM = Path(__file__).resolve().parent.parent
STATIC = _ROOM / "static"


def make_templates() -> Environment:
    """The templates. A name that a page forgot to give is an error, not an empty place."""
    templates = Environment(
        loader=FileSystemLoader(_ROOM / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.policies["ext.i18n.trimmed"] = True
    install_words(templates)
    templates.filters.update(
        words=per_reader(wording.words),
        subject=per_reader(wording.subject),
        translated=per_reader(translated),
        moment=per_reader(moments.time_tag),
        day=per_reader(moments.day),
        lower_first=wording.lower,
        proof_words=per_reader(proof),
        prs_level=per_reader(wording.prs_level),
        whereabouts=per_reader(wording.whereabouts),
        without_command=wording.without_command,
    )
    templates.globals["count"] = wording.count
    templates.globals["zone_name"] = moments.zone_name
    templates.globals["new_word"] = new_word
    return templates


def install_words(templates: Environment) -> None:
    """`_()` and `{% trans %}`. The first is for what a template itself says: its messages may hold markup, and are not
    escaped. What comes in a value goes through the filter `translated`, and is."""
    templates.add_extension("jinja2.ext.i18n")
    templates.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]


def per_reader(tells: Callable[..., str]) -> Callable[..., str]:
    """A filter whose answer is the reader's own: never worked out once for all when a template is read."""

    @pass_context
    def told(context: Context, *values: Any) -> str:
        return tells(*values)

    return told


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """This page, inside the one layout."""
    console = console_of(request)
    who: SignedIn | None = getattr(request.state, "who", None)
    common = {
        "who": who,
        "menu": _menu(who, sandbox=console.is_sandbox),
        "done": done_words(request.query_params.get("done", "")),
        "reads_cases": who is not None and READ_CASES.is_held_by(who.person),
        "acts": who is not None and ACT_ON_CASES.is_held_by(who.person),
        "sandbox": console.is_sandbox,
        "sandbox_time": lambda: wording.moment(console.now().isoformat()),
        "version": console.version,
        "here": request.url.path,
        "language": speech().language,
        "come_back": _come_back(request),
    }
    html = console.templates.get_template(template).render(common | values)
    return HTMLResponse(html, status_code=status)


def _come_back(request: Request) -> str:
    """This page's own address; the first page's for an answer to a form, which has none."""
    if request.method != "GET":
        return "/"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


@dataclass(frozen=True, slots=True)
class MenuLink:
    path: str
    name: str


_OF_CASES = (
    MenuLink("/queue", "Queue"),
    MenuLink("/calls", "Calls"),
    MenuLink("/hearings", "Hearings"),
    MenuLink("/oversight", "Oversight"),
    MenuLink("/applications", "Applications"),
)


def _menu(who: SignedIn | None, *, sandbox: bool) -> list[MenuLink]:
    """The pages that this person may open, in the order of a day's work."""
    if who is None:
        return []
    links = [MenuLink("/", "Today")]
    if READ_CASES.is_held_by(who.person):
        links.extend(_OF_CASES)
    if HAND_IN.is_held_by(who.person):
        links.append(MenuLink("/intake", "Intake"))
    if READ_LINKS.is_held_by(who.person):
        links.append(MenuLink("/links", "Links"))
    links.append(MenuLink("/rota", "Rota"))
    if sandbox and READ_CASES.is_held_by(who.person):
        links.append(MenuLink("/sandbox", "Phones"))
    if READ_OPENINGS.is_held_by(who.person):
        links.append(MenuLink("/openings", "Opened cases"))
    return links


def error_page(request: Request, answer: Answer) -> HTMLResponse:
    """A plain kind page for a person: what happened, and the way on. It asks the database nothing."""
    told = replace(answer, title=translated(answer.title), detail=translated(answer.detail))
    return page(request, "error.html", status=answer.status, answer=told, done="", sandbox_time=lambda: "")
