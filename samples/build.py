"""From a story to its two JSON files: the packet, and what is staged with it."""

from __future__ import annotations

from typing import Any

from samples.drawing.cards import COUNTRY
from samples.papers import Paper, amended, papers
from samples.stories import STORIES as VETTED
from samples.stories_after import STORIES as FOLLOWED
from samples.story import Adult, Card, Story

Json = dict[str, Any]

STORIES: tuple[Story, ...] = VETTED + FOLLOWED


def packet_json(story: Story, handed_in: list[Paper]) -> Json:
    """The packet in the format `kinline-packet/1`. Keys without a value are left out."""
    home = story.home
    whole: Json = _present(
        {
            "format": "kinline-packet/1",
            "reference": f"FRP-2026-{100 + story.number:06d}",
            "care_provider": story.care_provider,
            "child": _child_json(story),
            "sponsor": _sponsor_json(story),
            "address": {
                "line1": home.line1,
                "unit": home.unit,
                "city": home.city,
                "state": home.state,
                "zip": home.zip,
                "dwelling": home.dwelling,
                "moved_in_on": home.moved_in_on.isoformat(),
            },
            "previous_states": list(story.previous_states),
            "household": [
                {
                    **_person_json(person),
                    "relationship_to_sponsor": person.relationship,
                    **_card_json(story, person.card),
                }
                for person in story.household
            ],
            "alternate_caregiver": {
                **_person_json(story.caregiver),
                "phone": _phone(story, story.caregiver.phone),
                **_card_json(story, story.caregiver.card),
            },
            "contacts": _contacts(story),
            "hearings": _hearings(story),
            "documents": [
                {
                    "kind": paper.kind,
                    "subject": paper.subject,
                    "file": paper.file,
                    "issued_on": paper.issued_on.isoformat() if paper.issued_on else None,
                }
                for paper in handed_in
            ],
        }
    )
    return whole


def story_json(story: Story) -> Json:
    """What the story tells, how it ends, and what a person reads on each document.

    Of a story with an amendment, `typed` holds what stands on the papers of the amended packet.
    """
    last = papers(amended(story))
    expect = story.expect
    return {
        "name": story.name,
        "title": story.title,
        "expect": {
            "findings": sorted(expect.findings),
            "may_find": sorted(expect.may_find),
            "released": expect.released,
            "release_after_days": expect.release_after_days,
            "final_state": expect.final_state,
            "ends": expect.ends,
        },
        "amendment": f"samples/amendments/{story.name}" if story.amendment else None,
        "clear": [{"code": code, "reason": reason} for code, reason in story.clear.items()],
        "typed": {paper.key: paper.typed for paper in last},
    }


def a_number(story: Story) -> str:
    """Nine digits: 22055, the story's number, and the two that stage what a caller finds."""
    return f"22055{story.number:02d}{story.child.a_suffix:02d}"


def _phone(story: Story, last_two: int) -> str:
    return f"+1{story.area}55501{last_two:02d}"


def _child_json(story: Story) -> Json:
    child = story.child
    return {
        "a_number": a_number(story),
        "given_names": child.given,
        "family_names": child.family,
        "date_of_birth": child.born_on.isoformat(),
        "sex": child.sex,
        "country_of_birth": child.country,
        "languages": list(child.languages),
        "entered_care_on": child.entered_on.isoformat(),
        "phone": _phone(story, child.phone) if child.phone is not None else None,
        "circumstances": {
            "trafficking_victim": False,
            "disability": False,
            "abused": False,
            "especially_vulnerable": False,
        },
        "text_consent": _consent(story, "es", "17:00", "child") if child.phone is not None else None,
    }


def _sponsor_json(story: Story) -> Json:
    sponsor = story.sponsor
    language = "en" if sponsor.languages[0] == "en" else "es"
    return {
        "given_names": sponsor.given,
        "family_names": sponsor.family,
        "other_names": list(sponsor.other_names),
        "date_of_birth": sponsor.born_on.isoformat(),
        "relationship": sponsor.relationship,
        "related": sponsor.related,
        "was_primary_caregiver": sponsor.was_primary_caregiver,
        "languages": list(sponsor.languages),
        "phone": _phone(story, sponsor.phone),
        "backup_phone": _phone(story, sponsor.backup),
        "email": sponsor.email,
        "text_consent": _consent(story, language, "16:30", None),
        **_card_json(story, sponsor.card),
        "sponsored_before": 0,
    }


def _consent(story: Story, language: str, hour: str, held_by: str | None) -> Json:
    return {
        "given": True,
        "language": language,
        "at": f"{story.signed_on.isoformat()}T{hour}:00Z",
        "method": "signed_form",
        "phone_held_by": held_by,
    }


def _person_json(person: Adult) -> Json:
    return {
        "given_names": person.given,
        "family_names": person.family,
        "date_of_birth": person.born_on.isoformat(),
    }


def _card_json(story: Story, card: Card | None) -> Json:
    if card is None:
        return {}
    issuer = f"US-{story.home.state}" if card.kind == "state_id" else COUNTRY
    return {
        "identity_document": {
            "type": card.kind,
            "issuer": issuer,
            "number": card.number,
            "expires_on": card.expires_on.isoformat(),
        }
    }


_FRIENDS = ("Ana Example", "Luz Example", "Berta Example", "Inés Example", "Saúl Example", "Noé Example")
_FAR_AWAY = ("Pedro Example", "Rufina Example", "Lázaro Example", "Cruz Example", "Ofelia Example")


def _contacts(story: Story) -> list[Json]:
    """The first is from the care plan, the second lives in the home country (+502 5550, story, suffix)."""
    near, *far = story.contacts
    contacts: list[Json] = [
        {
            "name": f"{_FRIENDS[story.number % len(_FRIENDS)]} {_surname(story)}",
            "role": "care_plan",
            "phone": _phone(story, near),
            "languages": ["es"],
        }
    ]
    contacts += [
        {
            "name": f"{_FAR_AWAY[story.number % len(_FAR_AWAY)]} {_surname(story)}",
            "role": "home_country",
            "phone": f"+5025550{story.number:02d}{suffix:02d}",
            "languages": [story.child.languages[0]],
        }
        for suffix in far
    ]
    return contacts


def _surname(story: Story) -> str:
    return story.child.family.removeprefix("Example ")


def _hearings(story: Story) -> list[Json]:
    if story.hearing is None:
        return []
    court, starts_at = story.hearing
    key = f"H-2026-{story.number:02d}"
    return [
        {"hearing_key": key, "court": court, "starts_at": starts_at, "kind": "master", "state": "scheduled"}
    ]


def _present(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _present(item) for key, item in value.items() if item is not None}
    return [_present(item) for item in value] if isinstance(value, list) else value
