"""What people did with an application, as a person at a terminal reads it: who, as what, when and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_ID_SHOWN = 8


def acts(found: dict[str, Any]) -> Iterator[str]:
    """One line for each act that bears on the release, group by group in the order of time.

    Of a person the beginning of the id is told; `kinline show --json` has the whole.
    """
    yield from _waivers(found)
    yield from _adjudications(found)
    yield from _home_studies(found)
    yield from _moves(found)
    for opinion in found["recommendations"]:
        yield f"recommended {_plain(opinion['value'])} by {_who(opinion)}: {opinion['reason']}"
    if (decided := found["decision"]) is not None:
        yield f"decided {_plain(decided['value'])} by {_who(decided)}: {decided['reason']}"
    yield from _appeals(found)


def _waivers(found: dict[str, Any]) -> Iterator[str]:
    for waiver in found["waivers"]:
        told = f"waiver of {waiver['item']} proposed by {_who(waiver['proposed'])}: {_open(waiver['reason'])}"
        if waiver["approved"] is None:
            yield f"{told}; a second person must approve it"
            continue
        lapsed = "" if waiver["counts"] else "; an amendment has ended it"
        yield f"{told}; approved by {_who(waiver['approved'])}{lapsed}"


def _adjudications(found: dict[str, Any]) -> Iterator[str]:
    for voice in found["adjudications"]:
        where = f":{voice['jurisdiction']}" if voice["jurisdiction"] else ""
        word = f"judged {voice['verdict']}" if voice["verdict"] else "judged, kept until a second person has"
        yield f"hit {voice['kind']}@{voice['subject']}{where}, round {voice['round']}: {word}, by {_who(voice)}"


def _home_studies(found: dict[str, Any]) -> Iterator[str]:
    for study in found["home_studies"]:
        yield f"home study {study['number']} ({study['kind']}) {_how_far(study)}"
        word = study["override"]
        if word is None:
            continue
        told = f"  overridden by {_person(word['proposed_by'])} on {_day(word['proposed_at'])}: {_open(word['reason'])}"
        if word["approved_by"] is None:
            yield f"{told}; a second person must approve it"
        else:
            yield f"{told}; approved by {_person(word['approved_by'])} on {_day(word['approved_at'])}"


def _how_far(study: dict[str, Any]) -> str:
    if study["received_at"] is None:
        return f"ordered on {_day(study['ordered_at'])}, due on {_day(study['due_at'])}"
    return f"came back {study['result']} on {_day(study['received_at'])}"


def _moves(found: dict[str, Any]) -> Iterator[str]:
    for move in found["policy_moves"]:
        yield f"move from {move['from']} to {move['to']} {move['state']} by {_who(move)}: {move['reason']}"


def _appeals(found: dict[str, Any]) -> Iterator[str]:
    for appeal in found["appeals"]:
        denial = appeal["against"]
        told = (
            f"appeal of the {appeal['by']}, received on {appeal['received_on']}, against the denial by"
            f" {_person(denial['by'])} on {_day(denial['at'])}"
        )
        if appeal["outcome"] is None:
            yield f"{told}: open"
        elif appeal["decided_by"] is None:
            yield f"{told}: {appeal['outcome']} on {_day(appeal['decided_at'])}"
        else:
            by = f"{_person(appeal['decided_by'])} on {_day(appeal['decided_at'])}"
            yield f"{told}: {appeal['outcome']} by {by}: {appeal['reasoning']}"


def _who(act: dict[str, Any]) -> str:
    role = f"{_plain(act['role'])} " if act["role"] else ""
    return f"{role}{_person(act['by'])} on {_day(act['at'])}"


def _person(staff_id: str) -> str:
    return staff_id[:_ID_SHOWN]


def _day(moment: str) -> str:
    return moment[: len("2026-02-02")]


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _open(sentence: str) -> str:
    """The sentence without its end, where more follows."""
    return sentence.rstrip(". ")
