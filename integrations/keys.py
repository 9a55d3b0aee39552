"""The blind keys by which sealed people, phones and homes are found again."""

from __future__ import annotations

import unicodedata
from datetime import date

from doublemetaphone import doublemetaphone

from integrations.vault import Vault
from models.packet import Address, AlternateCaregiver, HouseholdMember, Packet, Sponsor
from vetting.address import dwelling_key_text
from vetting.alike import day_and_month_swapped
from vetting.names import name_words


def phone_key(vault: Vault, e164: str) -> bytes:
    return vault.blind("phone", "".join(c for c in e164 if c.isdigit()))


def a_number_key(vault: Vault, a_number: str) -> bytes:
    return vault.blind("a_number", "".join(c for c in a_number if c.isdigit()).zfill(9))


def identity_key(vault: Vault, issuer: str, number: str) -> bytes:
    """Issuer and number of an identity document, letters and digits only."""
    return vault.blind("identity", _plain(issuer), _plain(number))


def email_key(vault: Vault, email: str) -> bytes:
    return vault.blind("email", email.strip().casefold())


def name_key(vault: Vault, family_names: str, born_on: date) -> bytes:
    """The first surname by its sound, with the day of birth. A candidate key: it never decides alone."""
    first = _fold(family_names).split()
    return _name_key(vault, first[0] if first else "", born_on)


def near_name_keys(vault: Vault, family_names: str, born_on: date) -> frozenset[bytes]:
    """Under which other name keys the same person may stand: another surname first, day and month swapped.

    To search with, never to store: who is found by one of these alone must be compared before anybody is told.
    """
    words = name_words(family_names)
    swapped = day_and_month_swapped(born_on)
    days = (born_on,) if swapped is None else (born_on, swapped)
    keys = {_name_key(vault, word, day) for word in {*words, "".join(words)} for day in days}
    if swapped is not None:
        keys.add(name_key(vault, family_names, swapped))
    return frozenset(keys - {name_key(vault, family_names, born_on)})


def _name_key(vault: Vault, surname: str, born_on: date) -> bytes:
    word = surname.casefold()
    return vault.blind("name", doublemetaphone(word)[0] or word, born_on.isoformat())


def person_keys(vault: Vault, packet: Packet) -> dict[str, bytes]:
    """The key of each adult of the packet by subject: another person at the same place has another key."""
    people: list[tuple[str, Sponsor | HouseholdMember | AlternateCaregiver]] = [("sponsor", packet.sponsor)]
    people += [(f"household:{number}", member) for number, member in enumerate(packet.household)]
    if packet.alternate_caregiver is not None:
        people.append(("alternate_caregiver", packet.alternate_caregiver))
    return {
        subject: vault.blind(
            "person", _plain(p.given_names), _plain(p.family_names), p.date_of_birth.isoformat()
        )
        for subject, p in people
    }


def dwelling_keys(vault: Vault, address: Address) -> tuple[bytes, bytes]:
    """(dwelling, building): one home has one key whatever its spelling; one building holds many."""
    text = dwelling_key_text(address)
    building = vault.blind("building", text.building)
    return vault.blind("dwelling", text.building, text.unit or ""), building


def _fold(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def _plain(text: str) -> str:
    return "".join(c for c in _fold(text) if c.isalnum())
