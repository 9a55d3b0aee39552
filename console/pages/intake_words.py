"""The words of the packet form: documents by what people call them, people by their names as typed, progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.speech import gettext, translated
from integrations.desk.draft_views import DraftView, Slot
from models.states import DocumentKind
from vetting.category import who
from vetting.completeness import document_advice, document_words
from vetting.draft.answers import Draft, Page, asked, packet_subject
from vetting.draft.lacking import Lack, Progress
from vetting.draft.questions import BY_SLUG, DOCUMENTS, Question, Section
from vetting.draft.typed import value_of

# The words and the tone of a tag; never the tone alone.
PROGRESS: Mapping[Progress, tuple[str, str]] = {
    "not_started": ("Not started", ""),
    "in_progress": ("In progress", "warn"),
    "done": ("Done", "good"),
    "cannot": ("Not at hand", "warn"),
}
SEEN: Mapping[str, tuple[str, str, str]] = {
    "legible": ("Legible", "good", "It can be read. You can go on."),
    "blurred": (
        "Too blurred",
        "bad",
        "Take it again: lay the paper flat in good light, hold the phone still and straight above it, and let the paper"
        " fill the picture. Then take this one out.",
    ),
    "blank": ("Empty page", "bad", "There is no print on it. Is it the other side? Add the right one, and take this one out."),
    "not_looked_at": ("Not looked at", "warn", "The machine could not look at it now. A person will."),
}  # fmt: skip


def person_words(draft: Draft, subject: str) -> str:
    """The person by the name that was typed; else by who they are."""
    page = _page_of(draft, subject)
    name = " ".join(page.typed.get(part, "").strip() for part in ("given_names", "family_names")).strip()
    role = who(packet_subject(draft, subject))
    told = translated(role)
    return f"{name} ({told})" if name else told[:1].upper() + told[1:]


def _page_of(draft: Draft, subject: str) -> Page:
    word, _, key = subject.partition("-")
    if word == "household":
        entry = draft.entry(word, int(key))
        return entry.page if entry else Page()
    return draft.page({"alternate_caregiver": "caregiver"}.get(word, word))


def paper_words(item: str) -> str:
    words = document_words(item)
    told = gettext(words)
    return told[:1].upper() + told[1:]


def kinds() -> list[tuple[str, str]]:
    """Every kind of document, and what it is called."""
    return [(kind.value, paper_words(kind)) for kind in DocumentKind]


def advice(slot: Slot) -> str:
    return gettext(document_advice(slot.item))


@dataclass(frozen=True, slots=True)
class Line:
    """One answer as the check page shows it: what the packet will hold. `key`: of a list's entry."""

    label: str
    words: str
    href: str
    fault: str = ""


def lines_of(base: str, section: Section, page: Page, key: int | None, lacks: Sequence[Lack]) -> list[Line]:
    """The answers of one page, each with the way to change it."""
    path = f"{base}/pages/{section.slug}" + (f"/{key}" if key is not None else "")
    told = {one.name: one.words for one in lacks if one.slug == section.slug and one.key == key}
    return [
        Line(
            gettext(question.label),
            shown_answer(question, page.typed),
            f"{path}#{question.name}",
            translated(told.get(question.name, "")),
        )
        for question in asked(section, page.typed)
        if question.why or page.typed.get(question.name, "").strip()
    ]


def shown_answer(question: Question, typed: Mapping[str, str]) -> str:
    """What the packet will hold for it, in words."""
    value = value_of(question, typed)
    if value is None:
        return ""
    if question.options:
        return gettext(dict(question.options).get(str(value), str(value)))
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if question.kind == "noon":
        return str(value)[:10]
    return ", ".join(value) if isinstance(value, list) else str(value)


def lack_words(view: DraftView, lack: Lack) -> str:
    """What is missing, with whom it is about."""
    if lack.slug == DOCUMENTS and lack.name:
        item, _, subject = lack.name.partition("@")
        return gettext(
            "%(paper)s of %(person)s: add it, or say that you don't have it.",
            paper=paper_words(item),
            person=person_words(view.draft, subject),
        )
    section = BY_SLUG.get(lack.slug)
    if section is not None and section.list_name and lack.key is not None:
        entry = view.draft.entry(section.list_name, lack.key)
        typed = entry.page.typed if entry else {}
        name = typed.get("name") or typed.get("given_names") or gettext("a %(one)s", one=gettext(section.one))
        return f"{name}: {translated(lack.words)}"
    return translated(lack.words)


def lack_href(base: str, lack: Lack) -> str:
    """Where it is put right."""
    if lack.slug == DOCUMENTS:
        return f"{base}/documents/{lack.name}" if lack.name else f"{base}/documents"
    if not lack.slug:
        return f"{base}/check"
    entry = f"/{lack.key}" if lack.key is not None else ""
    return f"{base}/pages/{lack.slug}{entry}" + (f"#{lack.name}" if lack.name else "")
