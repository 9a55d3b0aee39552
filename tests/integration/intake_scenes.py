"""Packets on their way in: what a person types on each page, a reader that sees what it is told, zips of packets."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from PIL import Image

from integrations.desk import drafts
from integrations.desk.drafts import Answers
from integrations.documents.legibility import Legibility
from integrations.documents.reader import Look
from integrations.kit import Kit
from models.facts import Person
from tests.builders import NOW

PAGES = {
    "packet": {"care_provider": "Example Shelter"},
    "child": {
        "given_names": "Ixchel",
        "family_names": "Example Coj",
        "a_number": "A220-559-901",
        "date_of_birth": "5/2/2012",
        "languages": "K'iche', Spanish",
        "country_of_birth": "Guatemala",
        "entered_care_on": "2026-01-10",
    },
    "circumstances": dict.fromkeys(
        ("trafficking_victim", "disability", "abused", "especially_vulnerable"), "no"
    ),
    "sponsor": {
        "given_names": "Marta",
        "family_names": "Example Coj",
        "other_names": "Marta E. Lopez",
        "date_of_birth": "1989-11-20",
        "languages": "Spanish",
        "id_type": "passport",
        "id_issuer": "UTO",
        "id_number": "X1",
        "id_expires": "3/1/2029",
    },
    "relationship": {
        "relationship": "aunt",
        "related": "yes",
        "was_primary_caregiver": "no",
        "sponsored_before": "0",
    },
    "contact": {"phone": "(713) 555-0101"},
    "address": {
        "line1": "1420 Example Ave",
        "unit": "Apt 3B",
        "city": "Houston",
        "state": "tx",
        "zip": "77036",
        "previous_states": "LA, nm",
    },
    "caregiver": {"has_caregiver": "no"},
    "texts": {"child_texts": "no", "sponsor_texts": "yes", "sponsor_texts_on": "2026-01-15"},
}


class Eyes:
    """A reader that sees what the test says."""

    sharpness = 1.5

    def look_at(self, content: bytes, *, zone: bool = False) -> Look:
        return Look(Legibility(self.sharpness, 120.0, 200.0) if content else None)

    def picture(self, content: bytes, page: int, long_side: int) -> bytes | None:
        return a_scan() if page == 0 else None


def a_scan(colour: str = "white") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "PNG")
    return out.getvalue()


def a_draft(kit: Kit, person: Person, reference: str) -> UUID:
    """A draft of which every page is filled in, without documents; one person lives in the home as well."""
    draft_id = drafts.begin(kit, person, now=NOW)
    for slug, fields in PAGES.items():
        more = {"reference": reference} if slug == "packet" else {}
        drafts.save(kit, draft_id, Answers(slug, fields | more, 99), person, now=NOW)
    adult = {
        "given_names": "Jorge",
        "family_names": "Example Ruiz",
        "date_of_birth": "2/11/1985",
        "relationship": "spouse",
    }
    drafts.save(kit, draft_id, Answers("household", adult, 99), person, now=NOW)
    for slug in ("household", "contacts", "hearings"):
        drafts.say_whole(kit, draft_id, slug, person, whole=True, now=NOW)
    return draft_id


def zipped(packet: Mapping[str, Any]) -> bytes:
    """This packet as a zip; each file that it names is a small white picture."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("packet.json", json.dumps(packet))
        for document in packet["documents"]:
            archive.writestr(document["file"], a_scan())
    return out.getvalue()
