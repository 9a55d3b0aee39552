"""A home after the release goes through the gate of intake: the same findings, and what is still lacking, in words.

Pure. The findings are those of `vetting.proof_of_address`, and that another case holds the proof; their words there speak of a packet, which this home is
not of, so they are said anew here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from models.facts import ApplicationFacts, DocumentFacts, Finding
from models.findings import FindingCode, Severity
from models.packet import Address, Packet
from models.reading import PostalAnswer
from models.vetting_policy import VettingPolicy
from vetting import identity, proof_of_address
from vetting.checks import is_legible

# What is no finding of the gate, but lacking all the same.
POSTAL_PENDING, READING_PENDING, PROOF_MISSING, SIGN_OFF = (
    "postal_pending",
    "reading_pending",
    "proof_missing",
    "sign_off",
)
LOCATION_UNKNOWN, MOVE_REPORTED, LETTER_RETURNED = "location_unknown", "move_reported", "letter_returned"
_PENDING: Mapping[str, str] = {
    POSTAL_PENDING: "The postal service has not answered yet; the address round asks again.",
    PROOF_MISSING: "There is no proof of this address yet. Ask for one and hand it in (kinline address proof).",
    READING_PENDING: "The proof of address has not been read by a machine yet. Hand it in again (kinline address proof).",
    SIGN_OFF: "Nobody has signed this address off. Read the proof and type what it says (kinline address confirm).",
    LOCATION_UNKNOWN: "Nobody knows where the child is. Once you do, record it (kinline address change).",
    MOVE_REPORTED: "They say that they moved, and no new address is on file. Ask for it and record it (kinline address "
    "change), or write down that they have not moved (kinline address still).",
    LETTER_RETURNED: "A letter came back from this address. Find out where they live: record the new address (kinline "
    "address change), or write down that they have not moved (kinline address still).",
}
_F = FindingCode
_WORDS: Mapping[FindingCode, str] = {
    _F.ADDRESS_UNDELIVERABLE: "The postal service can't deliver to this address as it is written. Check street, unit and "
    "ZIP with the family and record it anew (kinline address change).",
    _F.ADDRESS_UNIT_MISSING: "This building has several homes, and the address names no apartment or unit. Ask for it and "
    "record the address anew (kinline address change).",
    _F.ADDRESS_NOT_RESIDENTIAL: "This is a PO box, a business or a vacant place. Find out where the child lives, and "
    "record that.",
    _F.ADDRESS_DOCUMENT_STALE: "The proof of address was too old when it was handed in. Ask for a newer one.",
    _F.ADDRESS_DOCUMENT_MISMATCH: "The proof of address shows another street or unit than this address. Ask which is "
    "right.",
    _F.ADDRESS_NAME_MISMATCH: "The sponsor's name does not stand on the proof of address as it should. Ask how they live "
    "there, or for another document.",
    _F.ADDRESS_UNREAD: "No machine could read an address and a believable date on the proof. Look at it yourself and "
    "type what you read.",
    _F.ADDRESS_CITY_DIFFERS: "The proof names another city under the same ZIP. Often both are right.",
    _F.ADDRESS_TEXT_DISAGREES: "What the proof shows and what it says of itself differ. Look at it with care.",
    _F.DOCUMENT_REUSED: "The very same file was handed in for another child too. Compare the two, and say what you found.",
    _F.DOCUMENT_ILLEGIBLE: "The proof of address can't be read. Ask for a new photo: flat, in good light, all four "
    "corners showing.",
}


@dataclass(frozen=True, slots=True)
class HomeFacts:
    """A home after the release, as far as is known. `handed_in_at`: when its proof came."""

    address: Address
    postal: PostalAnswer | None = None
    postal_refused: bool = False
    proof: DocumentFacts | None = None
    handed_in_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lack:
    """What stands between a home and its sign-off. `code`: of intake where it is a finding.

    `by_reason`: a person may answer it with a reason, as they clear such a finding at intake.
    """

    code: str
    message: str
    by_reason: bool = False


def packet_there(packet: Packet, home: Address) -> Packet:
    """The packet, as if it named this home."""
    return packet.model_copy(update={"address": home})


def home_findings(
    facts: ApplicationFacts, home: HomeFacts, policy: VettingPolicy, now: datetime
) -> tuple[Finding, ...]:
    """What the gate of intake finds of this home and its proof. No answer and no reading yet give nothing."""
    there = replace(
        facts,
        packet=packet_there(facts.packet, home.address),
        postal=home.postal,
        postal_refused=home.postal_refused,
        documents=() if home.proof is None else (home.proof,),
        submitted_at=home.handed_in_at or now,
    )
    found = (*proof_of_address.findings(there, policy, now), *identity.reused(there, policy))
    return tuple(replace(one, message=_WORDS.get(one.code, one.message)) for one in found)


def lacking(
    facts: ApplicationFacts, home: HomeFacts, policy: VettingPolicy, now: datetime
) -> tuple[Lack, ...]:
    """What must be there before a person can sign this home off; empty when nothing is."""
    out = []
    if home.postal is None and not home.postal_refused:
        out.append(pending(POSTAL_PENDING))
    if home.proof is None:
        out.append(pending(PROOF_MISSING))
    elif not is_legible(home.proof, policy):
        out.append(Lack(_F.DOCUMENT_ILLEGIBLE.value, _WORDS[_F.DOCUMENT_ILLEGIBLE]))
    elif home.proof.text is None:
        out.append(pending(READING_PENDING))
    seen: set[str] = set()
    for one in home_findings(facts, home, policy, now):
        if one.severity is not Severity.NOTE and one.code.value not in seen:
            seen.add(one.code.value)
            out.append(Lack(one.code.value, one.message, by_reason=one.severity is Severity.REVIEW))
    return tuple(out)


def pending(code: str) -> Lack:
    """What is lacking and is no finding, in words."""
    return Lack(code, _PENDING[code])
