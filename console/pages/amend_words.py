"""What an amendment changes, line by line, as its sender reads it before it is handed in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from console.pages import intake_words
from console.speech import gettext, translated
from integrations.desk.draft_views import DraftView
from vetting.draft.amending import Change, changes
from vetting.draft.answers import people


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One thing that the next revision says otherwise. Empty words: it did not say it, or does no more."""

    label: str
    before: str
    after: str
    href: str


def change_lines(base: str, view: DraftView) -> list[ChangeLine]:
    """Of a draft that amends: the answers page by page, then the documents."""
    if view.amending is None:
        return []
    return [*(_line(base, one) for one in changes(view.draft)), *_papers(base, view)]


def _line(base: str, change: Change) -> ChangeLine:
    path = f"{base}/pages/{change.section.slug}"
    title = gettext(change.section.title)
    if change.question is None:
        path += f"/{change.key}" if change.after is not None else ""
        return ChangeLine(title, _name(change.before), _name(change.after), path)
    path += f"/{change.key}" if change.key is not None else ""
    name = _name(change.after) if change.key is not None else title
    label = f"{name}: {gettext(change.question.label)}"
    before, after = (
        intake_words.shown_answer(change.question, typed or {}) for typed in (change.before, change.after)
    )
    return ChangeLine(label, before, after, f"{path}#{change.question.name}")


def _name(typed: Mapping[str, str] | None) -> str:
    """An entry of a list, by what a person knows it by."""
    if typed is None:
        return ""
    name = typed.get("name") or " ".join(
        filter(None, (typed.get("given_names", ""), typed.get("family_names", "")))
    )
    return name or typed.get("court", "") or gettext("Without a name yet")


def _papers(base: str, view: DraftView) -> Iterator[ChangeLine]:
    """What was brought, and what was taken out of what the last revision had."""
    if view.amending is None:
        return
    here = {slot.name: slot.files for slot in view.slots}
    persons = people(view.draft)
    gone = [one for one in view.amending.taken_out if one.slot.partition("@")[2] in persons]
    for name in dict.fromkeys((*here, *(one.slot for one in gone))):
        brought = [view.names[one.id] for one in here.get(name, ()) if one.id not in view.amending.kept]
        before = [one.name for one in gone if one.slot == name]
        if brought or before:
            item, _, subject = name.partition("@")
            label = f"{intake_words.paper_words(item)}: {intake_words.person_words(view.draft, subject)}"
            yield ChangeLine(label, ", ".join(before), ", ".join(brought), f"{base}/documents/{name}")


def points_of(view: DraftView, place: str) -> tuple[str, ...]:
    """What was found at this place of the last revision and still stands open."""
    return tuple(translated(one) for one in view.amending.said_of(place)) if view.amending else ()
