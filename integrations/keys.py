"""The blind keys by which sealed people, phones and homes are found again."""

from __future__ import annotations

import unicodedata
from datetime import date

from doublemetaphone import doublemetaphone

from integrations.vault import Vault
from models.packet import Address, AlternateCaregiver, HouseholdMember, Packet, Sponsor
from vetting.address import dwelling_key_text


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
    sound = doublemetaphone(first[0])[0] if first else ""
    return vault.blind("name", sound or (first[0] if first else ""), born_on.isoformat())


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
