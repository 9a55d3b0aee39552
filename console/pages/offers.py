"""Which acts an application's page offers this person: those that are theirs and make sense now.

An offer is a link and no more. Whether the act may be done is the desk's to say when it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.pages.act_hands import INTERVIEWS
from console.pages.act_table import ABOUT, WHOLE
from console.pages.next_step import Step
from console.permissions import ACT_ON_CASES
from integrations.policies import vetting_policy
from models.facts import Person
from models.states import APPLICATION_OVER, ApplicationState, CheckState, Stage

_AWAITED = (
    CheckState.REQUIRED,
    CheckState.ORDERED,
    CheckState.PENDING,
    CheckState.UNREADABLE,
    CheckState.EXPIRED,
)
_HITS = (CheckState.HIT_REVIEW, CheckState.HIT_BAR)
_WITH_THE_COORDINATOR = (Stage.CC_REVIEW, Stage.HS_COMPLETED_CC_REVIEW)


@dataclass(frozen=True, slots=True)
class Offer:
    """A link to an act. `is_next`: it is the next step. `is_seldom`: it stands folded, behind the others."""

    path: str
    title: str
    is_next: bool = False
    is_seldom: bool = False


def offers(shown: Mapping[str, Any], step: Step, person: Person) -> list[Offer]:
    """The next step, when it is this person's, and what else they may do with the whole application."""
    if not ACT_ON_CASES.is_held_by(person):
        return []
    at = f"/applications/{shown['application_id']}"
    found = []
    name = step.act.removeprefix("/acts/")
    act = WHOLE.get(name) or ABOUT.get(name.partition("/")[0])
    if act is not None and act.is_offered_to(person):
        found.append(Offer(f"{at}{step.act}", act.title, is_next=True))
    elif step.act.startswith("#"):
        found.append(Offer(f"{at}{step.act}", _JUMPS[step.act], is_next=True))
    others = [(other, False) for other in _beside(shown)] + [(other, True) for other in _seldom(shown)]
    for other, is_seldom in others:
        if other != name and WHOLE[other].is_offered_to(person):
            found.append(Offer(f"{at}/acts/{other}", WHOLE[other].title, is_seldom=is_seldom))
    return found


_JUMPS = {
    "#papers-in": "To the papers",
    "#findings": "To the findings",
    "#checks": "To the checks",
}


def _beside(shown: Mapping[str, Any]) -> list[str]:
    """What may be done with the whole application as it stands, beside the next step."""
    if _is_over(shown):
        return ["appeal-file"] if _may_be_appealed(shown) else []
    names = ["decide", "consult"] if shown["state"] == ApplicationState.RECOMMENDED else ["recommend"]
    if shown["stage"] in _WITH_THE_COORDINATOR:
        names.append("ask")
    studies = shown["home_studies"]
    if not studies or studies[-1]["received_at"]:
        names.append("home-study-order")
    else:
        names.append("home-study-receive")
    return [*names, "concern"]


def _may_be_appealed(shown: Mapping[str, Any]) -> bool:
    """True once the letter of a denial has gone out that somebody may appeal against, and nobody has yet."""
    denial = shown["denial"]
    return bool(denial and denial["letter"] and denial["may_appeal"] and denial["appeal"] is None)


def _seldom(shown: Mapping[str, Any]) -> list[str]:
    """What is seldom done with the whole application, as far as it makes sense now."""
    standing = [merge for merge in shown["merges"] if merge["state"] != "undone"]
    names = ["unmerge"] if standing else []
    if _is_over(shown):
        return names
    if any(link["kind"] == "sponsor" and link["state"] != "split" for link in shown["links"]):
        names.insert(0, "merge")
    if shown["stage"] in _WITH_THE_COORDINATOR and not shown["reviews_waived"]:
        names.append("waive-review")
    if any(study["received_at"] for study in shown["home_studies"]):
        names.append("services-offer")
    return [*names, *INTERVIEWS, "review-pending", "policy-move", "withdraw"]


def clearable(shown: Mapping[str, Any], person: Person) -> frozenset[str]:
    """The ids of the findings that this person may look into and clear."""
    if _is_over(shown) or not ABOUT["clear"].is_offered_to(person):
        return frozenset()
    return frozenset(
        f["id"]
        for f in shown["findings"]
        if f["state"] == "open" and f["severity"] == "review" and f["code"] != "CHECK_HIT_REVIEW"
    )


def waivable(shown: Mapping[str, Any], person: Person) -> frozenset[str]:
    """The keys of what this person may give a voice to waive: asked for by no law, and not there."""
    if _is_over(shown) or not ABOUT["waive"].is_offered_to(person):
        return frozenset()
    settled = ("confirmed", "waived")
    return frozenset(r["key"] for r in shown["required"] if r["waivable"] and r["state"] not in settled)


def by_hand_offers(shown: Mapping[str, Any], person: Person) -> frozenset[str]:
    """The keys of what people prove themselves, and this person may write down."""
    if _is_over(shown) or not ABOUT["by-hand"].is_offered_to(person):
        return frozenset()
    return frozenset(r["key"] for r in shown["required"] if r["kind"] == "manual" and r["state"] != "waived")


def check_offers(shown: Mapping[str, Any], person: Person) -> dict[str, list[tuple[str, str]]]:
    """For each check what this person may do with it: the act, and its words."""
    found: dict[str, list[tuple[str, str]]] = {}
    # Whether a line fits this very check, and whose word it asks for, is the desk's to say.
    may_be_out = {line.item for line in vetting_policy(shown["policy"]).pending_release}
    for check in shown["checks"]:
        acts = []
        if check["state"] in _AWAITED and ABOUT["record"].is_offered_to(person):
            acts.append(("record", "Write down a result on paper"))
        if check["state"] in _HITS and ABOUT["adjudicate"].is_offered_to(person):
            acts.append(("adjudicate", "Judge the hit"))
        if check["state"] in _HITS and ABOUT["keep-record"].is_offered_to(person):
            acts.append(("keep-record", "Keep the record behind it"))
        is_awaited = check["state"] in _AWAITED and check["kind"] in may_be_out and not _is_over(shown)
        if is_awaited and ABOUT["allow-pending"].is_offered_to(person):
            acts.append(("allow-pending", "Let the release not wait for it"))
        found[check["check_id"]] = acts
    return found


def _is_over(shown: Mapping[str, Any]) -> bool:
    return shown["state"] in APPLICATION_OVER
