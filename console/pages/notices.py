"""Notices of concern: those that wait, the reader's first; and one with its facts and what may be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import NoticeReader, console_of
from console.pages import notice_words, wording
from console.pages.notice_forms import notice_offers
from console.pages.rendering import page
from integrations.desk.notice_views import Which, notice_json, notices_page

router = APIRouter(prefix="/notices")
TAB_NAMES: Mapping[Which, str] = {
    Which.WAITING: "All that wait, yours first",
    Which.MINE: "Yours",
    Which.ACKNOWLEDGED: "Acknowledged",
}


@router.get("")
def notices(request: Request, who: NoticeReader, which: Which = Which.WAITING) -> Response:
    """A list of them. The view itself writes the audit row."""
    console = console_of(request)
    now = console.now()
    found = notices_page(console.kit, who.person, which, office=who.office, now=now)
    return page(
        request,
        "notices.html",
        which=which.value,
        tabs=[(one.value, words, found["counts"][one.value]) for one, words in TAB_NAMES.items()],
        total=found["counts"][which.value],
        rows=[notice_words.notice_row(item, now, who.person) for item in found["items"]],
        as_of=wording.moment(now),
    )


@router.get("/{notice_id}")
def notice(request: Request, notice_id: UUID, who: NoticeReader) -> Response:
    """One of them. The view itself writes the audit row."""
    console = console_of(request)
    now = console.now()
    shown = notice_json(console.kit, notice_id, who.person, now=now)
    offers = notice_offers(shown, who.person)
    return page(request, "notice.html", offers=offers, **notice_words.about(shown, now, who.person))
