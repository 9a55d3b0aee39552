"""A packet that somebody fills in page by page: begun, saved, left and taken up again. `draft_handing_in` sends it."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk.intake import MAY_SUBMIT
from integrations.kit import Kit
from integrations.store import history
from integrations.store.sealing import open_json, seal_json
from integrations.store.staff import require_role
from models.errors import NotFound, Refused, Stale
from models.facts import Person
from models.states import DRAFT_MOVES, DraftState, Role
from models.tables.base import Sealed
from models.tables.intake import PacketDraft
from models.tables.people import Staff
from vetting.draft.amending import FIXED
from vetting.draft.answers import Draft, Page, draft_of
from vetting.draft.questions import BY_SLUG, Section

# Without those that are taken for one another when somebody reads them aloud.
_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def begin(kit: Kit, person: Person, *, now: datetime) -> UUID:
    """A new draft of this person's, with a reference that they may put their own in place of.

    Raises:
        Refused: the wrong role.
    """
    require_role(person, *MAY_SUBMIT)
    draft = Draft(pages={"packet": Page({"reference": _new_reference(now)})})
    with kit.transaction() as session:
        row = PacketDraft(owner_id=person.id, sealed_answers=Sealed(b""), created_at=now, saved_at=now)
        seal_json(kit.vault, row, "sealed_answers", draft.as_json())
        session.add(row)
        session.flush()
        actor = str(person.id)
        history.record(
            session, row, old=None, new=row.state, actor=actor, why="a packet was begun by form", now=now
        )
        history.audit(session, actor=actor, act="begin", noun="packet_draft", ids=[row.id], now=now)
        return row.id


def _new_reference(now: datetime) -> str:
    return f"KL-{now.year}-{''.join(secrets.choice(_SIGNS) for _ in range(8))}"


def find_draft(session: Session, draft_id: UUID, person: Person, *, lock: bool = False) -> PacketDraft:
    """The draft, for its owner or a supervisor; a supervisor of an office reads those of its senders, and of senders without one.

    Raises:
        NotFound: there is none, or it is somebody else's. Refused: the wrong role.
    """
    require_role(person, *MAY_SUBMIT)
    query = select(PacketDraft).where(col(PacketDraft.id) == draft_id)
    row = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if row is None or (row.owner_id != person.id and not _supervises(session, person, row.owner_id)):
        raise NotFound("draft", str(draft_id))
    return row


def _supervises(session: Session, person: Person, sender: UUID) -> bool:
    if Role.SUPERVISOR not in person.roles:
        return False
    own, theirs = session.get_one(Staff, person.id).office, session.get_one(Staff, sender).office
    return own is None or theirs is None or own == theirs


def open_draft(kit: Kit, row: PacketDraft) -> Draft:
    return draft_of(open_json(kit.vault, row, "sealed_answers"))


@dataclass(frozen=True, slots=True)
class Answers:
    """What came from one page. `seen`: the version of the draft that the page showed. `key`: of a list's entry."""

    slug: str
    typed: Mapping[str, str]
    seen: int
    key: int | None = None


def save(kit: Kit, draft_id: UUID, answers: Answers, person: Person, *, now: datetime) -> int | None:
    """What was typed on this page is kept, whatever is wrong with it. Returns the key of a list's entry.

    Another page that was saved meanwhile is no matter; this one is.

    Raises:
        NotFound: no such draft or page. Refused: it is a draft no more. Stale: this page was saved since it was shown.
    """
    section = _section(answers.slug)

    def change(draft: Draft, version: int) -> Draft:
        name, key = section.list_name, answers.key
        page = Page(_kept(section, answers, draft), version)
        if name is None:
            _want_unchanged(draft.page(section.slug), answers)
            return draft.with_page(section.slug, page)
        if key is not None:
            entry = draft.entry(name, key)
            if entry is None:
                raise NotFound("entry", str(key))
            _want_unchanged(entry.page, answers)
        return draft.with_entry(name, key, page)

    draft = _change(kit, draft_id, change, person, now=now)
    if section.list_name is None:
        return None
    return draft.next_key - 1 if answers.key is None else answers.key


def _kept(section: Section, answers: Answers, draft: Draft) -> dict[str, str]:
    """What was typed, as long as its question lets it be; what an amendment can't change stays as it stood."""
    entry = draft.entry(section.list_name, answers.key) if section.list_name and answers.key else None
    page = draft.page(section.slug) if section.list_name is None else entry.page if entry else Page()
    fixed = FIXED.get(section.slug, frozenset()) if draft.base else frozenset()
    kept = {}
    for question in section.questions:
        words, stood = answers.typed.get(question.name, ""), page.typed.get(question.name, "")
        # A packet of another road may hold more than the form takes.
        kept[question.name] = stood if question.name in fixed or words == stood else words[: question.longest]
    return kept


def _want_unchanged(page: Page, answers: Answers) -> None:
    """Nobody saved this page since it was shown, or they saved the same."""
    same = all(answers.typed.get(name, "") == words for name, words in page.typed.items())
    if page.saved_in > answers.seen and not same:
        raise Stale(f"page {answers.slug} was saved in version {page.saved_in}")


def drop_entry(kit: Kit, draft_id: UUID, slug: str, key: int, person: Person, *, now: datetime) -> None:
    """This entry of a list is in it no more, nor what was handed in of that person."""
    section = _list_section(slug)

    def change(draft: Draft, version: int) -> Draft:
        return draft.without_entry(section.list_name or "", key)

    _change(kit, draft_id, change, person, now=now)


def say_whole(kit: Kit, draft_id: UUID, slug: str, person: Person, *, whole: bool, now: datetime) -> None:
    """Somebody said that this list names everybody there is, or took that back."""
    section = _list_section(slug)

    def change(draft: Draft, version: int) -> Draft:
        name = {section.list_name or ""}
        return dataclasses.replace(draft, whole=draft.whole | name if whole else draft.whole - name)

    _change(kit, draft_id, change, person, now=now)


def say_cannot(kit: Kit, draft_id: UUID, slot: str, reason: str, person: Person, *, now: datetime) -> None:
    """Why this document is not there; an empty reason takes that back. It never counts as the document."""

    def change(draft: Draft, version: int) -> Draft:
        others = {name: why for name, why in draft.cannot.items() if name != slot}
        return dataclasses.replace(draft, cannot=others | ({slot: reason} if reason else {}))

    _change(kit, draft_id, change, person, now=now)


def _section(slug: str) -> Section:
    if slug not in BY_SLUG:
        raise NotFound("page", slug)
    return BY_SLUG[slug]


def _list_section(slug: str) -> Section:
    section = _section(slug)
    if section.list_name is None:
        raise NotFound("list", slug)
    return section


def _change(
    kit: Kit, draft_id: UUID, change: Callable[[Draft, int], Draft], person: Person, *, now: datetime
) -> Draft:
    """The draft, changed and sealed anew under its next version. Two who save at once take turns."""
    with kit.transaction() as session:
        row = find_draft(session, draft_id, person, lock=True)
        want_open(row)
        row.version += 1
        row.saved_at = now
        draft = change(open_draft(kit, row), row.version)
        seal_json(kit.vault, row, "sealed_answers", draft.as_json())
        session.add(row)
        history.audit(session, actor=str(person.id), act="save", noun="packet_draft", ids=[row.id], now=now)
        return draft


def want_open(row: PacketDraft) -> None:
    """Nothing, while it can be changed.

    Raises:
        Refused: it was handed in, or put away.
    """
    if row.state == DraftState.SUBMITTED:
        raise Refused("submitted_already", "this packet has been handed in; what you see is as it was sent")
    if row.state == DraftState.ABANDONED:
        raise Refused("put_away", "this draft was put away; take it up again first")


def put_away(kit: Kit, draft_id: UUID, person: Person, *, now: datetime) -> None:
    """Nobody works on it any more; nothing of it is lost."""
    _move(kit, draft_id, DraftState.ABANDONED, person, "put away", now)


def take_up(kit: Kit, draft_id: UUID, person: Person, *, now: datetime) -> None:
    """A draft that was put away is worked on again."""
    _move(kit, draft_id, DraftState.DRAFT, person, "taken up again", now)


def _move(kit: Kit, draft_id: UUID, to: DraftState, person: Person, why: str, now: datetime) -> None:
    with kit.transaction() as session:
        row = find_draft(session, draft_id, person, lock=True)
        if history.move(session, row, to, DRAFT_MOVES, actor=str(person.id), why=why, now=now):
            row.ended_at = now if to == DraftState.ABANDONED else None
            row.saved_at = now
