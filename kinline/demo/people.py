"""What the invented officers, managers and deciders do with each sample application, through the desk."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from integrations.desk import release as release_desk
from integrations.desk import vetting as desk
from integrations.desk.views import application_json
from integrations.kit import Kit
from integrations.store.staff import get_person
from kinline.demo.story import Story
from models.errors import Refused

_END_BY: dict[str, str] = {"denied": "deny", "remanded": "remand", "home_study": "home_study"}


class People:
    """The sandbox's named people at work on the samples."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        with kit.transaction() as session:
            self.officer = get_person(session, "officer@example.org")
            self.manager = get_person(session, "cm@example.org")
            self.coordinator = get_person(session, "cc@example.org")
            self.decider = get_person(session, "ffs@example.org")

    def look(self, story: Story, now: datetime) -> dict[str, Any]:
        return application_json(self.kit, story.application_id, now=now)

    def work(self, story: Story, now: datetime) -> str:
        """The application is taken as far as people can take it now. Returns its state."""
        found = self.look(story, now)
        story.found |= {f["code"] for f in found["findings"] if f["severity"] != "note"} - {"CHECK_PENDING"}
        if found["state"] in ("released", "denied", "withdrawn", "remanded"):
            return str(found["state"])
        value = _END_BY.get(story.final_state)
        if value is not None:
            return self._end(story, value, now)
        if found["state"] in ("submitted", "incomplete", "in_checks"):
            return str(found["state"])
        self._confirm_all(story, found, now)
        self._clear_all(story, now)
        for person in (self.manager, self.coordinator):
            desk.recommend(
                self.kit,
                story.application_id,
                "approve",
                person,
                reason="simulated: all is in order",
                now=now,
            )
        desk.decide(
            self.kit,
            story.application_id,
            "approve",
            self.decider,
            reason="simulated: all is in order",
            now=now,
        )
        self._tell(story, "approved by ffs")
        release_desk.release(self.kit, story.application_id, self.manager, on=now.date(), now=now)
        self._tell(story, "released by cm")
        return str(self.look(story, now)["state"])

    def gate_refuses(self, story: Story, now: datetime) -> bool:
        """True when the gate refuses a release before any person has confirmed anything."""
        try:
            release_desk.release(self.kit, story.application_id, self.manager, on=now.date(), now=now)
        except Refused as err:
            return err.code == "gate_closed" and bool(err.missing)
        return False

    def _confirm_all(self, story: Story, found: dict[str, Any], now: datetime) -> None:
        for item in found["required"]:
            if item["kind"] != "document" or not item["confirm"] or item["state"] != "received":
                continue
            typed = story.typed.get(f"{item['item']}:{item['subject']}") or story.typed[item["item"]]
            name = f"{item['item']}@{item['subject']}"
            desk.confirm(
                self.kit, story.application_id, name, self.officer, typed=json.dumps(typed).encode(), now=now
            )
        self._tell(story, "confirmed by officer")

    def _clear_all(self, story: Story, now: datetime) -> None:
        for finding in self.look(story, now)["findings"]:
            if finding["state"] == "open" and finding["severity"] == "review":
                reason = story.reasons.get(finding["code"])
                if reason is None:
                    continue  # nobody has a reason: the gate stays closed, and the story shows it
                desk.clear(
                    self.kit, story.application_id, finding["id"], self.manager, reason=reason, now=now
                )
                self._tell(story, f"{finding['code']} cleared by cm")

    def _end(self, story: Story, value: str, now: datetime) -> str:
        """A packet that does not lead to a release: the same three people, the same order."""
        for person in (self.manager, self.coordinator):
            desk.recommend(
                self.kit, story.application_id, value, person, reason=f"simulated: {value}", now=now
            )
        desk.decide(
            self.kit, story.application_id, value, self.decider, reason=f"simulated: {value}", now=now
        )
        self._tell(story, f"{value} by ffs")
        return str(self.look(story, now)["state"])

    def _tell(self, story: Story, word: str) -> None:
        if word not in story.people:
            story.people.append(word)
