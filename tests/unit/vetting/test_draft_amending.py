"""A draft that amends: it says what the revision said, but where something else was typed; and it goes on over a newer one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.packet import parse_packet
from tests.integration.scenes import a_packet
from vetting.draft.amending import carried_over, changes, place_of
from vetting.draft.answers import Base, Draft, Page, draft_of, origin, packet_tree
from vetting.draft.lacking import faults, unanswered

SAMPLES = sorted(Path("samples/packets").glob("*/packet.json"))


def base_of(packet: dict[str, Any], revision: int = 1) -> Base:
    told = parse_packet(json.dumps(packet).encode()).model_dump(mode="json", exclude_none=True)
    return Base("application", revision, told)


def typed(draft: Draft, slug: str, **words: str) -> Draft:
    return draft.with_page(slug, Page({**draft.page(slug).typed, **words}))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.parent.name)
def test_begun_it_says_what_the_revision_says(path: Path) -> None:
    base = base_of(json.loads(path.read_text()))
    draft = draft_of(json.loads(json.dumps(origin(base).as_json())))
    assert packet_tree(draft) == {**base.packet, "documents": []}
    assert not list(unanswered(draft))
    assert not faults(draft)
    assert changes(draft) == ()


def test_what_the_form_does_not_ask_stays_word_for_word() -> None:
    packet = a_packet()
    consent = {"given": True, "at": "2026-01-15T16:30:00Z", "method": "spoken", "phone_held_by": "sponsor"}
    packet["sponsor"]["text_consent"] = consent
    hearing = {
        "hearing_key": "H-1",
        "court": "Houston",
        "starts_at": "2026-03-04T15:30:00Z",
        "state": "moved",
    }
    packet["hearings"] = [hearing]
    draft = typed(origin(base_of(packet)), "contact", email="marta@example.org")
    tree = packet_tree(draft)
    assert tree["sponsor"]["text_consent"] == consent
    assert tree["hearings"] == [{**hearing, "kind": "master"}]
    # Another court, the same moment.
    entry = draft.entry("hearings", 2001)
    assert entry is not None
    assert (entry.page.typed["starts_at"], entry.page.typed["zone"]) == (
        "2026-03-04 10:30",
        "America/New_York",
    )
    moved = draft.with_entry("hearings", 2001, Page({**entry.page.typed, "court": "Dallas"}))
    assert packet_tree(moved)["hearings"] == [{**hearing, "kind": "master", "court": "Dallas"}]


def test_what_is_emptied_or_denied_is_taken_out() -> None:
    draft = origin(base_of(a_packet()))
    ids = dict.fromkeys(("id_type", "id_issuer", "id_number", "id_expires"), "")
    tree = packet_tree(typed(draft, "sponsor", **ids))
    assert "identity_document" not in tree["sponsor"]
    assert "alternate_caregiver" not in packet_tree(typed(draft, "caregiver", has_caregiver="no"))
    assert packet_tree(typed(draft, "texts", sponsor_texts="no"))["sponsor"]["text_consent"]["given"] is False
    assert packet_tree(draft.without_entry("household", 1))["household"] == draft_household(draft)[1:]


def draft_household(draft: Draft) -> Any:
    return packet_tree(draft)["household"]


def test_other_words_for_the_same_are_no_change() -> None:
    draft = typed(
        origin(base_of(a_packet())), "child", languages="K'iche', Spanish", date_of_birth="5/2/2012"
    )
    assert {one.question.name for one in changes(draft) if one.question} <= {"languages"}
    one = next(iter(changes(typed(draft, "address", unit="Apt 9"))), None)
    assert one is not None


def test_over_a_newer_revision_each_keeps_what_they_changed() -> None:
    packet = a_packet()
    mine = typed(origin(base_of(packet)), "address", unit="Apt 9", city="Dallas")
    theirs = {**packet, "address": {**packet["address"], "city": "Austin", "zip": "77001"}}
    carried = carried_over(mine, base_of(theirs, 2), 7)
    address = packet_tree(carried.draft)["address"]
    assert (address["unit"], address["city"], address["zip"]) == ("Apt 9", "Dallas", "77001")
    assert carried.both == ("address",)
    assert carried.draft.base is not None
    assert carried.draft.base.revision == 2
    # The same change on both sides is one.
    same = carried_over(typed(origin(base_of(packet)), "address", city="Austin"), base_of(theirs, 2), 7)
    assert (same.both, changes(same.draft)) == ((), ())


def test_a_list_that_both_changed_is_to_be_said_whole_anew() -> None:
    packet = a_packet()
    first = packet["household"][0]
    draft = origin(base_of(packet))
    mine = draft.with_entry("household", None, Page({"given_names": "Pilar"}))
    theirs = {**packet, "household": [{**first, "given_names": "Tomas"}, *packet["household"]]}
    carried = carried_over(mine, base_of(theirs, 2), 7)
    names = [entry.page.typed["given_names"] for entry in carried.draft.entries("household")]
    assert names == ["Tomas", *(one["given_names"] for one in packet["household"]), "Pilar"]
    assert "household" not in carried.draft.whole
    assert carried.moved[1] == 2
    alone = carried_over(mine, base_of(packet, 2), 7)
    assert ("household" in alone.draft.whole, alone.both, alone.moved) == (True, (), {})
    untouched = carried_over(draft, base_of(theirs, 2), 7)
    assert (len(untouched.draft.entries("household")), untouched.moved[1]) == (len(theirs["household"]), 2)


@pytest.mark.parametrize(
    ("code", "subject", "evidence", "place"),
    [
        ("ADDRESS_UNIT_MISSING", "sponsor", {}, "pages/address"),
        ("ADDRESS_DOCUMENT_STALE", "sponsor", {"document": "x"}, "documents/proof_of_address@sponsor"),
        ("DOCUMENT_MISSING", "household:0", {"item": "household_identity"}, "documents/household_identity@household-1"),
        ("CHECK_PENDING", "sponsor", {"kind": "fbi_name"}, ""),
        ("LINK_SPONSOR_SEEN", "sponsor", {}, ""),
    ],
)  # fmt: skip
def test_a_finding_stands_where_it_is_mended(code: str, subject: str, evidence: Any, place: str) -> None:
    assert place_of(origin(base_of(a_packet())), code, subject, evidence) == place
