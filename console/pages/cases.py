"""One child's page: in sight or not, where, how each was last reached, what is due, the timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import Reader, console_of
from console.pages import notice_words, wording
from console.pages.child_words import due_words, reached_words
from console.pages.closing_words import closing_words, may_close
from console.pages.closings import REOPEN
from console.pages.court_acts import HEARING, LOOK
from console.pages.court_words import court_words, hearing_words
from console.pages.rendering import page
from console.pages.timeline import around, timeline
from console.permissions import WRITE_NOTICES
from console.speech import gettext
from integrations.desk.child_story import story_json
from integrations.desk.notice_views import notices_of
from integrations.desk.views import case_json
from models.states import FOLLOWED

router = APIRouter()


@router.get("/cases/{key}")
def case(request: Request, key: str, who: Reader) -> Response:
    """The case. The view itself writes the audit row."""
    console = console_of(request)
    now = console.now()
    shown = case_json(console.kit, key, actor=str(who.person.id), now=now)
    story = story_json(console.kit, UUID(shown["case_id"]))
    notices = notices_of(console.kit, UUID(shown["case_id"]), who.person, now=now)
    paths = {
        key: notice_words.path_to(shown["case_id"], lead, who.person)
        for key, lead in notices["leads"].items()
    }
    so_far, ahead = around(timeline(shown, story), now)
    return page(
        request,
        "case.html",
        case=shown,
        sight=sight_words(shown["in_sight"]),
        reached=reached_words(story["reached"], now),
        due=due_words(shown["obligations"], now, paths),
        drafts_notice=shown["state"] in FOLLOWED and WRITE_NOTICES.is_held_by(who.person),
        notices=[notice_words.notice_row(item, now, who.person) for item in notices["items"]],
        court=court_words(shown["court"]),
        hearings=hearing_words(shown, now),
        looks=LOOK.is_offered_to(who.person) and shown["state"] in FOLLOWED,
        says=HEARING["going"].is_offered_to(who.person),
        closing=closing_words(shown["closing"]),
        closes=may_close(shown["closing"], who.person),
        reopens=REOPEN.is_offered_to(who.person) and shown["released_at"] is not None,
        escalations=[
            e
            | {
                "paged": wording.paging(e["paging"]["state"] if e["paging"] else None),
                "notice": paths.get(e["id"], ""),
            }
            for e in shown["escalations"]
            if e["state"] != "resolved"
        ],
        ahead=ahead,
        so_far=so_far,
        now=wording.moment(now),
    )


def sight_words(in_sight: Mapping[str, Any]) -> str:
    """What keeps the child in sight, until when; or that nothing does."""
    if not in_sight["by"]:
        return gettext("Nothing keeps this child in sight. Tell a supervisor now.")
    by, until = str(in_sight["by"]), wording.moment(in_sight["until"])
    kind, _, key = by.partition(" ")
    told = (
        wording.words(kind) + _of_day(key)
        if "_" in kind
        else gettext(by[:1].upper() + by[1:].replace("_", " "))
    )
    return gettext("%(what)s, until %(until)s.", what=told, until=until) if until else f"{told}."


def _of_day(key: str) -> str:
    """Which of the planned ones, where the key says so: `day-30`. Other keys are for machines."""
    day = key.removeprefix("day-")
    return gettext(" of day %(day)s", day=day) if day != key and day.isdecimal() else ""
