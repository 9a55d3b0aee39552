"""What a page says after an act: fixed words by code, so that an address can't put words on it."""

from __future__ import annotations

from collections.abc import Mapping

from console.speech import gettext

DONE: Mapping[str, str] = {
    "on_call": "They are on the rota.",
    "off_call": "That time is ended. Look below whether somebody else is on call then.",
    "call": "The call is on record, and what follows from it has begun.",
    "draft": "What you typed is kept. Nothing is settled by it yet.",
    "paused": "You have the conversation: no machine writes to or calls this family until somebody hands it back.",
    "resumed": "Texts and automated calls go on.",
    "taken": "It is yours now.",
    "resolved": "It is resolved. What was left to do goes on as a duty of its own.",
    "reassigned": "It has been handed over. Its times stay as they were.",
    "snoozed": "It is put off. Its time runs on, and it is back before that is over.",
    "clear": "The finding is cleared, with your reason.",
    "waive": "Your voice is on record. A waiver counts once two people have given theirs.",
    "record": "The result is on record, with its paper.",
    "adjudicate": "Your word is on record. A hit is settled once two people have judged it.",
    "answer": "Your answer is on record.",
    "recommend": "Your recommendation is on record.",
    "decide": "Your decision is on record.",
    "release": "The release is on record. The follow-up of this child has begun.",
    "home-study-order": "The home study is ordered.",
    "home-study-receive": "The report of the home study is on record.",
    "home-study-override": "Your voice is on record. The study is overridden once two people have given theirs.",
    "ask": "Your questions are on record. The case manager answers them.",
    "consult": "A case consultation is open. A supervisor concludes it.",
    "conclude": "The consultation is concluded.",
    "denial-send": "It is on record that the letter went out.",
    "concern": "The concern is on record.",
    "appeal-file": "The appeal is on record. Its times have begun.",
    "appeal-acknowledge": "It is on record that they were told.",
    "appeal-deliver": "It is on record what became of the file.",
    "appeal-decide": "Your decision on the appeal is on record.",
    "waive-review": "The coordinator's review is not waited for in this round.",
    "review-pending": "Your review is on record. The time to the next one has begun.",
    "services-offer": "The sponsor's answer is on record.",
    "merge": "Your voice is on record. They are taken as one person once two people have given theirs.",
    "unmerge": "They are no longer taken as one person.",
    "policy-move": "Your voice is on record. The case moves once two people have given theirs.",
    "withdraw": "The application is withdrawn.",
    "keep-record": "The record is kept, sealed. Who judges the hit may read it.",
    "allow-pending": "Your word is on record. The release need not wait for this check.",
    "by-hand": "What was done is on record, with its paper.",
    "interview-child": "The interview is on record. Vetting looks again at what it says.",
    "interview-sponsor": "The interview is on record. Vetting looks again at what it says.",
    "interview-parent-abroad": "The interview is on record. Vetting looks again at what it says.",
    "link": "What you found is on record, in both applications.",
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
    "intake_goes_on": "It amends the newest revision now. What you changed stands below: check it.",
    "intake_both": "It amends the newest revision now. What both of you changed stands as you typed it: check it below.",
    "intake_again": "It waits to be taken in. What becomes of it stands below.",
    "opening_reviewed": "Your review is on record, under your name.",
    "phone_sent": "The text is sent from this phone. What Kinline makes of it stands below.",
    "phone_calls": "From now on this phone takes Kinline's calls so.",
    "time_moves": "Time begins to move. How far it has come stands below.",
    "address_unknown": "It is on record that nobody knows where the child is. A named person is to look for the child.",
}


def done_words(code: str) -> str:
    """The words of this code; none for one that is not ours."""
    return gettext(DONE.get(code, ""))
