"""Applications: all of them, and one of them with what it waits for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import Reader, console_of
from console.pages.application_words import check_ages, on_this_case, owner_of, story_words
from console.pages.gate_words import gate_groups
from console.pages.next_step import name_of, next_step
from console.pages.offers import by_hand_offers, check_offers, clearable, offers, waivable
from console.pages.rendering import page
from console.permissions import HAND_IN, READ_INTERVIEWS, READ_RECORDS
from console.reading import read_applications
from integrations.desk.application_story import application_story
from integrations.desk.application_views import application_shown
from integrations.desk.documents import documents_json
from integrations.desk.draft_views import not_at_hand
from models.facts import Person

router = APIRouter()
_FINDING_ORDER = {"block": 0, "review": 1, "note": 2}


@router.get("/applications")
def applications(request: Request, who: Reader) -> Response:
    console = console_of(request)
    rows = read_applications(console, who, now=console.now())
    return page(request, "applications.html", rows=rows)


@router.get("/applications/{key}")
def application(request: Request, key: str, who: Reader) -> Response:
    """One application. The view itself writes the audit row."""
    console = console_of(request)
    now = console.now()
    shown, withheld = application_shown(console.kit, key, viewer=who.person, office=who.office, now=now)
    step = next_step(shown, email=who.person.email)
    story = application_story(
        console.kit, shown, viewer=who.person.id, withheld=withheld, office=who.office, now=now
    )
    return page(
        request,
        "application.html",
        application=shown,
        open_findings=_findings(shown, is_open=True),
        settled_findings=_findings(shown, is_open=False),
        is_over=shown["release"] is not None or shown["state"] in ("denied", "withdrawn"),
        may_amend=HAND_IN.is_held_by(who.person) and shown["release"] is None,
        step=step,
        owner=owner_of(step.duties, step.roles, story, now),
        ages=check_ages(shown, story, now),
        on_this_case=on_this_case(story),
        story=story_words(story),
        acts_at=f"/applications/{shown['application_id']}/acts",
        interviews_at=_interviews_at(shown, who.person),
        records=_records(story, who.person),
        offers=offers(shown, step, who.person),
        clearable=clearable(shown, who.person),
        waivable=waivable(shown, who.person),
        by_hand=by_hand_offers(shown, who.person),
        check_acts=check_offers(shown, who.person),
        name=name_of(shown),
        email=who.person.email,
        notes=not_at_hand(console.kit, UUID(shown["application_id"])),
        missing=gate_groups(shown["gate"]["missing"], shown["findings"]),
        papers=_papers(shown, documents_json(console.kit, shown["application_id"])),
    )


def _interviews_at(shown: Mapping[str, Any], person: Person) -> str:
    """Where the application's interviews are read, for who may; else nothing."""
    may = READ_INTERVIEWS.is_held_by(person)
    return f"/applications/{shown['application_id']}/interviews" if may else ""


def _records(story: Mapping[str, Any], person: Person) -> frozenset[str]:
    """The checks behind whose hit a record is kept, for who may read it."""
    if not READ_RECORDS.is_held_by(person):
        return frozenset()
    return frozenset(key for key, check in story["checks"].items() if check["has_record"])


def _findings(shown: Mapping[str, Any], *, is_open: bool) -> list[Mapping[str, Any]]:
    fitting = [f for f in shown["findings"] if (f["state"] == "open") == is_open]
    return sorted(fitting, key=lambda f: _FINDING_ORDER.get(f["severity"], 3))


def _papers(shown: Mapping[str, Any], documents: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The papers, each with how it stands with what asks for it; those that wait to be read come first."""
    asked = {(r["item"], r["subject"]): r for r in shown["required"] if r["kind"] == "document"}
    papers = []
    for one in documents:
        mine = asked.get((one["item"], one["subject"]))
        waits = mine is not None and mine["confirm"] and mine["state"] == "received" and one["to_read"]
        papers.append({**one, "state": mine["state"] if mine else None, "waits": waits})
    return sorted(papers, key=lambda paper: not paper["waits"])
