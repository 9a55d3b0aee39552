"""What a page says after an act: fixed words by code, so that an address can't put words on it."""

from __future__ import annotations

from collections.abc import Mapping

DONE: Mapping[str, str] = {
    "taken": "It is yours now.",
    "resolved": "It is resolved. What was left to do goes on as a duty of its own.",
    "reassigned": "It has been handed over. Its times stay as they were.",
    "snoozed": "It is put off. Its time runs on, and it is back before that is over.",
    "confirmed": "What you read is on record.",
    "address": "The new address is on record. What it still needs stands below.",
    "address_confirmed": "You have signed this home off.",
    "address_proof": "The paper is on file. A person reads it before the address counts as verified.",
    "address_returned": "It is on record that a letter came back. Somebody is to find out where the family is.",
    "address_still": "It is on record that they have not moved.",
    "intake_saved": "Saved. You can leave now and come back at any time.",
    "intake_removed": "Taken out. The rest stands as it was.",
    "intake_whole": "Saved: nobody and nothing is missing from this list.",
    "intake_cannot": "Saved. The reviewer will read why the document is not there. It still counts as missing.",
    "intake_put_away": "Put away. Nothing is lost: you can take it up again from here.",
    "intake_taken_up": "Taken up again, as you left it.",
    "address_unknown": "It is on record that nobody knows where the child is. A named person is to look for the child.",
}


def done_words(code: str) -> str:
    """The words of this code; none for one that is not ours."""
    return DONE.get(code, "")
