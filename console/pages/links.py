"""Links between applications: the queue of those that wait for a word, and those of one application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import LinkReader, Reader, console_of
from console.pages import wording
from console.pages.act_table import LINK
from console.pages.rendering import page
from console.speech import gettext
from integrations.desk.link_views import STATES, links_json
from integrations.desk.views import application_json

router = APIRouter()
_SHOWN = 200
_KINDS: Mapping[str, str] = {
    "sponsor": "The same sponsor",
    "person": "A person of one packet stands in the other",
    "document": "One identity document, two names",
    "address": "The same home",
    "contact": "The same phone or e-mail",
    "child": "Two applications for one child",
    "image": "The same picture",
}


@router.get("/links")
def links(request: Request, who: LinkReader, state: str = "open") -> Response:
    """The queue. The view itself writes the audit row."""
    console = console_of(request)
    told = links_json(console.kit, state=state, limit=_SHOWN, viewer=who.person, now=console.now())
    return page(
        request,
        "links.html",
        state=state,
        states=STATES,
        total=told["total"],
        decides=LINK.is_offered_to(who.person),
        items=[_row(item) for item in told["items"]],
        email=who.person.email,
    )


@router.get("/applications/{key}/links")
def links_of(request: Request, key: str, who: Reader) -> Response:
    """One application's, with what came of each. The view itself writes the audit row."""
    console = console_of(request)
    shown = application_json(console.kit, key, viewer=who.person, office=who.office, now=console.now())
    return page(
        request,
        "application_links.html",
        application=shown,
        items=[link | _words(link) for link in shown["links"]],
        merges=shown["merges"],
        decides=LINK.is_offered_to(who.person),
        email=who.person.email,
    )


def _row(item: Mapping[str, Any]) -> dict[str, Any]:
    age = wording.span(timedelta(hours=item["age_hours"]))
    return {**item, **_words(item), "age": age}


def _words(link: Mapping[str, Any]) -> dict[str, Any]:
    why = ", ".join(wording.lower(wording.words(one)) for one in link["features"])
    return {
        "what": gettext(_KINDS[link["kind"]]),
        "who": _through(link["through"]),
        "why": gettext("%(score)s points: %(why)s", score=link["score"], why=why)
        if why
        else gettext("not weighed yet"),
    }


def _through(pairs: Sequence[str]) -> str:
    """Who stands for whom, in words: here first, then there."""
    sides = (pair.split("=") for pair in pairs)
    return "; ".join(
        gettext("here %(here)s, there %(there)s", here=_place(here), there=_place(there))
        for here, there in sides
    )


def _place(place: str) -> str:
    """A subject; of a picture, the document of a subject."""
    kind, _, subject = place.rpartition("@")
    whose = wording.lower(wording.subject(subject))
    if not kind:
        return whose
    return gettext("%(paper)s of %(whose)s", paper=wording.lower(wording.words(kind)), whose=whose)
