"""From a story to the papers that must be drawn for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from samples.drawing.bills import PROOFS
from samples.drawing.cards import CARDS, Bearer
from samples.drawing.forms import (
    Birth,
    birth_certificate,
    care_agreement,
    dna_letter,
    employer_letter,
    kinship_declaration,
    pay_stub,
    release_authorization,
)
from samples.drawing.holder import Holder
from samples.drawing.sheet import Sheet
from samples.story import Card, Story

Json = dict[str, Any]
Rng = np.random.Generator

SUFFIXES = {
    "digital": "pdf",
    "scan_pdf": "pdf",
    "png": "png",
    "scan": "jpg",
    "rotated": "jpg",
    "photo": "jpg",
    "copier": "jpg",
    "faint": "jpg",
    "blur": "jpg",
    "tiff": "tif",
}
_PROOF_FILES = {
    "bank": "bank-statement",
    "county": "county-letter",
    "lease": "lease",
    "mortgage": "mortgage-statement",
    "landlord": "landlord-letter",
    "pay_stub": "pay-stub-with-address",
}
_COUNTRIES = {"GT": "Guatemala", "HN": "Honduras", "SV": "El Salvador"}
# Each kind of paper comes in another state from packet to packet, as they do in life.
_CARD_LOOKS = ("photo", "copier", "png", "photo", "copier")
_FORM_LOOKS = ("digital", "scan_pdf", "digital", "scan", "digital", "photo")
_PAPER_LOOKS = ("scan", "photo", "scan_pdf", "png", "rotated")


@dataclass(frozen=True)
class Paper:
    """One document of a packet: where it goes, how it looks, who draws it, what a person reads on it."""

    kind: str
    subject: str
    file: str
    look: str
    draw: Callable[[Rng], Sheet]
    typed: Json
    issued_on: date | None = None

    @property
    def key(self) -> str:
        """How `story.json` names it: the kind, and whose it is unless that is the sponsor or the child."""
        return self.kind if self.subject in ("sponsor", "child") else f"{self.kind}:{self.subject}"


def papers(story: Story) -> list[Paper]:
    """Every document that the packet hands in, in the order in which an officer would ask for them."""
    return [
        _card(story, "sponsor_identity", "sponsor", story.sponsor, story.sponsor.card),
        _proof_of_address(story),
        _child_identity(story),
        *_relationship(story),
        *_authorizations(story),
        *[
            _card(story, "household_identity", f"household:{index}", person, person.card)
            for index, person in enumerate(story.household)
            if person.card
        ],
        *_caregiver_card(story),
        _income(story),
        _agreement(story),
    ]


def amended(story: Story) -> Story:
    """The story with what its amendment changes."""
    if story.amendment is None:
        return story
    return replace(
        story, home=story.amendment.home or story.home, proof=story.amendment.proof, amendment=None
    )


def full_name(person: Any) -> str:
    """Given names, then family names."""
    return f"{person.given} {person.family}"


def _look(story: Story, looks: tuple[str, ...], place: int) -> str:
    return looks[(story.number * 2 + place * 3) % len(looks)]


def _file(name: str, look: str) -> str:
    return f"documents/{name}.{SUFFIXES[look]}"


def _card(story: Story, kind: str, subject: str, person: Any, card: Card) -> Paper:
    look = _look(story, _CARD_LOOKS, len(subject))
    home = story.home
    street = f"{home.line1} {home.unit}" if home.unit else home.line1
    elsewhere = subject == "alternate_caregiver"
    address = ("12 Sample Elm St" if elsewhere else street, f"{home.city}, {home.state} {home.zip}")
    bearer = Bearer(
        person.given, person.family, person.born_on, person.sex, card.number, card.expires_on, address
    )
    typed = {
        "given_names": person.given,
        "family_names": person.family,
        "number": card.number,
        "date_of_birth": person.born_on.isoformat(),
        "expires_on": card.expires_on.isoformat(),
    }
    name = {"sponsor": "sponsor", "alternate_caregiver": "caregiver"}.get(subject, f"household-{subject[-1]}")
    file = _file(f"{name}-{card.kind.replace('_', '-')}", look)
    return Paper(kind, subject, file, look, lambda rng: CARDS[card.kind](bearer, rng), typed)


def _caregiver_card(story: Story) -> list[Paper]:
    card = story.caregiver.card
    return [_card(story, "caregiver_identity", "alternate_caregiver", story.caregiver, card)] if card else []


def _proof_of_address(story: Story) -> Paper:
    home, proof = story.home, story.proof
    holder = Holder(full_name(story.sponsor), home.line1, home.unit, home.city, home.state, home.zip)
    typed = {
        "name": holder.name,
        "line1": home.line1,
        "unit": home.unit,
        "city": home.city,
        "state": home.state,
        "zip": home.zip,
        "issued_on": proof.issued_on.isoformat(),
    }
    name = _PROOF_FILES.get(proof.paper, f"{proof.paper}-bill")
    return Paper(
        "proof_of_address",
        "sponsor",
        _file(name, proof.look),
        proof.look,
        lambda rng: PROOFS[proof.paper](holder, proof.issued_on, proof.language, rng),
        typed,
        proof.issued_on,
    )


def _child_identity(story: Story) -> Paper:
    child = story.child
    number = f"{child.country}-{4400 + story.number}-{child.born_on:%y}"
    parents = _parents(story)
    birth = Birth(full_name(child), child.born_on, _COUNTRIES[child.country], *parents, number)
    look = _look(story, _PAPER_LOOKS, 1)
    typed = {
        "given_names": child.given,
        "family_names": child.family,
        "number": number,
        "date_of_birth": child.born_on.isoformat(),
        "expires_on": None,
    }
    file = _file("birth-certificate", look)
    return Paper("child_identity", "child", file, look, lambda rng: birth_certificate(birth, rng), typed)


def _parents(story: Story) -> tuple[str, str]:
    sponsor = story.sponsor
    name = full_name(sponsor)
    mother = name if sponsor.relationship == "mother" else f"Ana {story.child.family}"
    father = name if sponsor.relationship == "father" else "Luis Example Tum"
    return mother, father


def _relationship(story: Story) -> list[Paper]:
    sponsor, child = story.sponsor, story.child
    if not sponsor.related:
        return []
    parent = sponsor.relationship in ("mother", "father")
    look = "digital" if parent else _look(story, _FORM_LOOKS, 1)

    def draw(rng: Rng) -> Sheet:
        if parent:
            return dna_letter(
                full_name(child), full_name(sponsor), sponsor.relationship, story.signed_on, rng
            )
        return kinship_declaration(
            full_name(child),
            full_name(sponsor),
            sponsor.relationship if _language(story) == "en" else sponsor.spanish,
            _descent(story),
            story.signed_on,
            _language(story),
            rng,
        )

    seen = (
        f"A laboratory's report: the stated {sponsor.relationship} is not excluded, 99.998 %."
        if parent
        else f"A sworn declaration before a notary: the sponsor is the child's {sponsor.relationship}."
    )
    file = _file("dna-report" if parent else "kinship-declaration", look)
    return [Paper("proof_of_relationship", "sponsor", file, look, draw, {"seen": seen}, story.signed_on)]


def _descent(story: Story) -> tuple[str, ...]:
    es = _language(story) == "es"
    child, sponsor = full_name(story.child), story.sponsor
    mother, grandmother = f"Ana {story.child.family}", f"Petrona {story.child.family}"
    own = sponsor.spanish if es else sponsor.relationship
    named = f"{full_name(sponsor)} ({own})"
    if sponsor.relationship in ("brother", "sister"):
        return (f"{mother} ({'madre' if es else 'mother'})", named, child)
    if sponsor.relationship == "grandmother":
        return (named, f"{mother} ({'madre' if es else 'mother'})", child)
    elder = f"{grandmother} ({'abuela' if es else 'grandmother'})"
    return (elder, f"{mother} ({'madre' if es else 'mother'})  -  {named}", child)


def _language(story: Story) -> str:
    """The language of the forms that the sponsor signs."""
    return "es" if story.sponsor.languages[0] != "en" and story.number % 3 else "en"


def _authorizations(story: Story) -> list[Paper]:
    people: list[tuple[str, str, Any, str]] = [
        ("sponsor", "sponsor", story.sponsor, "Sponsor / Patrocinador")
    ]
    people += [
        (f"household:{index}", f"household-{index}", person, "Adult of the household / Adulto del hogar")
        for index, person in enumerate(story.household)
        if person.card
    ]
    people.append(
        ("alternate_caregiver", "caregiver", story.caregiver, "Alternate caregiver / Cuidador alterno")
    )
    return [_authorization(story, place, *person) for place, person in enumerate(people)]


def _authorization(story: Story, place: int, subject: str, name: str, person: Any, part: str) -> Paper:
    look = _look(story, _FORM_LOOKS, place)
    signed_on = story.signed_on + timedelta(days=place % 2)
    return Paper(
        "release_authorization",
        subject,
        _file(f"authorization-{name}", look),
        look,
        lambda rng: release_authorization(
            full_name(person), person.born_on, part, signed_on, _language(story), rng
        ),
        {"seen": f"A signed authorization for the release of information, dated {signed_on.isoformat()}."},
        signed_on,
    )


def _income(story: Story) -> Paper:
    name = full_name(story.sponsor)
    letter = story.number % 4 == 0
    paid_on = story.signed_on - timedelta(days=5)
    look = _look(story, ("digital", "scan", "photo", "scan_pdf"), 2)
    draw = employer_letter if letter else pay_stub
    seen = (
        "An employer's letter: full-time work and the hourly wage."
        if letter
        else "A pay stub for two weeks of full-time work."
    )
    file = _file("employer-letter" if letter else "pay-stub", look)
    return Paper(
        "proof_of_income",
        "sponsor",
        file,
        look,
        lambda rng: draw(name, paid_on, rng),
        {"seen": seen},
        paid_on,
    )


def _agreement(story: Story) -> Paper:
    look = _look(story, _FORM_LOOKS, 4)
    names = (full_name(story.sponsor), full_name(story.child), full_name(story.caregiver))
    return Paper(
        "sponsor_care_agreement",
        "sponsor",
        _file("agreement", look),
        look,
        lambda rng: care_agreement(*names, story.signed_on, _language(story), rng),
        {"seen": "The sponsor's care agreement: seven duties, signed and dated."},
        story.signed_on,
    )
