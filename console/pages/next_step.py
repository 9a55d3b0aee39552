"""What somebody should do next for an application, and the command that does it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.pages.wording import lower, words
from models.states import Role


@dataclass(frozen=True, slots=True)
class Step:
    """The next step in words; `command` is empty when nothing is to be typed.

    `act`: the page of the act, after the application's own address; empty when it has none. `owner`: whose step it is,
    in words; `roles`: the same as roles; `duties`: the kinds of duties that stand open for it.
    """

    text: str
    command: str = ""
    act: str = ""
    owner: str = ""
    roles: tuple[Role, ...] = ()
    duties: tuple[str, ...] = ()


_OVER = {
    "released": Step("The child is released. What follows stands in the child's case."),
    "denied": Step("This application was denied. Nothing more is to be done here."),
    "withdrawn": Step("This application was withdrawn. Nothing more is to be done here."),
}


_MANAGER, _INTAKE = Role.CASE_MANAGER, Role.INTAKE_OFFICER
_SPECIALIST, _SUPERVISOR = Role.FEDERAL_FIELD_SPECIALIST, Role.SUPERVISOR
_JUDGES = "The federal field specialist and a supervisor"
_ORDER = ("document", "home_study", "confirm", "finding", "check", "recommendation", "decision")


def next_step(application: Mapping[str, Any], *, email: str) -> Step:
    """The first thing that the gate waits for, as an act. Papers come before people."""
    name = name_of(application)
    by = f"--as {shlex.quote(email)}"
    asked = _asked_of_people(application, name, by)
    if asked is not None:
        return asked
    if application["state"] in _OVER:
        return _OVER[application["state"]]
    if application["state"] == "submitted":
        return Step(
            "Vetting begins by itself while a worker runs. It can also be run now.",
            f"kinline vet {name_of(application)}",
        )
    # A pending check is told as a check; the finding that goes with it waits for nobody.
    missing = [m for m in application["gate"]["missing"] if not m.startswith("finding CHECK_PENDING ")]
    for kind in _ORDER:
        first = next((line for line in missing if line.partition(" ")[0] == kind), None)
        if first is not None:
            return _step(kind, first.partition(" ")[2], application, name, by)
    if application["gate"]["open"]:
        return Step(
            "Everything is here. The release may be recorded.",
            f"kinline release {name} --on DATE {by}",
            act="/acts/release",
            owner="The case manager",
            roles=(_MANAGER,),
            duties=("release_child",),
        )
    return Step("Vetting goes on by itself. Look again later.", f"kinline vet {name}")


def _asked_of_people(application: Mapping[str, Any], name: str, by: str) -> Step | None:
    """What the ladder waits for before anything else: an answer, a consultation, a letter, an appeal."""
    denial = application.get("denial")
    if denial is not None and denial["letter"] is None:
        return Step(
            "This application was denied. Its letter must go out.",
            f"kinline denial send {name} {by} --method post",
            act="/acts/denial-send",
            owner="The federal field specialist or a supervisor",
            roles=(_SPECIALIST, _SUPERVISOR),
            duties=("send_denial_letter",),
        )
    if denial is not None and denial["appeal"] is not None and denial["appeal"]["outcome"] is None:
        return _for_the_appeal(denial["appeal"], name, by)
    for question in application.get("questions", ()):
        if question["answer"] is None:
            return Step(
                "The case manager answers what was asked.",
                f"kinline answer {name} {question['number']} {by} --text TEXT",
                act=f"/acts/answer/{question['number']}",
                owner="The case manager",
                roles=(_MANAGER,),
                duties=("answer_question",),
            )
    consultation = application.get("consultation")
    if consultation is not None and consultation["outcome"] is None:
        return Step(
            "A case consultation is open. A supervisor concludes it.",
            f"kinline consult conclude {name} OUTCOME {by} --reason TEXT",
            act="/acts/conclude",
            owner="A supervisor",
            roles=(_SUPERVISOR,),
            duties=("conclude_consultation",),
        )
    return None


def _for_the_appeal(appeal: Mapping[str, Any], name: str, by: str) -> Step:
    """First whoever appealed is told, then they get the file, then a neutral decides."""
    if appeal["acknowledged_at"] is None:
        return Step(
            "An appeal is open: tell whoever appealed that it is here.",
            f"kinline appeal acknowledge {name} {by}",
            act="/acts/appeal-acknowledge",
            owner="The case manager or a supervisor",
            roles=(_MANAGER, _SUPERVISOR),
            duties=("acknowledge_appeal",),
        )
    if appeal["delivered_at"] is None:
        return Step(
            "An appeal is open: hand over the file that the denial rests on.",
            f"kinline appeal deliver {name} {by} --reason TEXT",
            act="/acts/appeal-deliver",
            owner="The case manager or a supervisor",
            roles=(_MANAGER, _SUPERVISOR),
            duties=("deliver_appeal_file",),
        )
    return Step(
        "An appeal is open: a supervisor with no part in the denial decides.",
        f"kinline appeal decide {name} OUTCOME {by} --reason TEXT",
        act="/acts/appeal-decide",
        owner="A supervisor with no part in the denial",
        roles=(_SUPERVISOR,),
        duties=("decide_appeal",),
    )


def name_of(application: Mapping[str, Any]) -> str:
    """The application's reference, safe to be typed."""
    return shlex.quote(application["reference"])


def _step(kind: str, thing: str, application: Mapping[str, Any], name: str, by: str) -> Step:
    if kind == "document":
        return Step(
            "Ask the family for the missing papers, then send the packet again under the same reference.",
            "kinline submit PATH",
            owner="The case manager or an intake officer",
            roles=(_MANAGER, _INTAKE),
            duties=("obtain_document",),
        )
    if kind == "home_study":
        if _is_negative(application):
            return Step(
                "The home study advises against this home. The decider denies, orders an addendum, or writes down why "
                "not; then a second person must agree.",
                f"kinline homestudy override {name} {by} --reason TEXT",
                act="/acts/home-study-override",
                owner="The federal field specialist",
                roles=(_SPECIALIST,),
                duties=("complete_home_study",),
            )
        return _for_the_study(application, name, by)
    if kind == "confirm":
        return Step(
            "A person must read the papers that came and type what they say.",
            f"kinline confirm {name} {shlex.quote(thing)} {by} --typed FILE",
            act="#papers-in",
            owner="The case manager or an intake officer",
            roles=(_MANAGER, _INTAKE),
            duties=("confirm_document",),
        )
    if kind == "finding":
        return _for_findings(application, name, by)
    if kind == "check":
        return Step(
            "Wait for the checks that are out; results come by themselves.",
            f"kinline vet {name}",
            owner="The provider of the checks",
            duties=("record_check",),
        )
    if kind == "recommendation":
        return Step(
            "The papers are settled. The case manager, then the coordinator, recommends.",
            f"kinline recommend {name} VALUE {by} --reason TEXT",
            act="/acts/recommend",
            owner=f"The {lower(words(thing))}",
            roles=(Role(thing),),
            duties=("recommend",),
        )
    return Step(
        "Both recommendations are in. The federal field specialist decides.",
        f"kinline decide {name} VALUE {by} --reason TEXT",
        act="/acts/decide",
        owner="The federal field specialist",
        roles=(_SPECIALIST,),
        duties=("decide",),
    )


def _for_the_study(application: Mapping[str, Any], name: str, by: str) -> Step:
    studies = application.get("home_studies", ())
    is_out = bool(studies) and studies[-1].get("received_at") is None and studies[-1]["result"] is None
    return Step(
        "Order the home study, or record its report.",
        f"kinline homestudy order {name} {by}",
        act="/acts/home-study-receive" if is_out else "/acts/home-study-order",
        owner="The case manager, once the report is here" if is_out else "The federal field specialist",
        roles=(_MANAGER,) if is_out else (_SPECIALIST,),
        duties=("complete_home_study",),
    )


def _is_negative(application: Mapping[str, Any]) -> bool:
    studies = application.get("home_studies", ())
    return bool(studies) and studies[-1]["result"] == "negative"


def _for_findings(application: Mapping[str, Any], name: str, by: str) -> Step:
    """Reviews are a person's to settle; blocks go away when the facts change."""
    open_ones = [f for f in application["findings"] if f["state"] == "open"]
    for finding in open_ones:
        if finding["severity"] == "review" and finding["code"] != "CHECK_HIT_REVIEW":
            return Step(
                "Look into the findings marked review and settle each with a reason.",
                f"kinline clear {name} {shlex.quote(finding['key'])} {by} --reason TEXT",
                act="#findings",
                owner="The case manager, a supervisor or the federal field specialist",
                roles=(_MANAGER, _SUPERVISOR, _SPECIALIST),
                duties=("settle_finding",),
            )
    if any(f["code"] == "CHECK_HIT_REVIEW" for f in open_ones):
        return Step(
            "Two people judge the hit that needs review.",
            f"kinline check adjudicate {name} CHECK {by}",
            act="#checks",
            owner=_JUDGES,
            roles=(_SPECIALIST, _SUPERVISOR),
            duties=("settle_finding",),
        )
    if any(f["code"] == "CHECK_HIT_BAR" for f in open_ones):
        return Step(
            "A hit bars this release, so it is denied; unless two people show on paper that it is another person's.",
            f"kinline check adjudicate {name} CHECK {by} --verdict not_this_person --evidence FILE --reason TEXT",
            act="#checks",
            owner=_JUDGES,
            roles=(_SPECIALIST, _SUPERVISOR),
        )
    if any(f["code"].startswith(("DOCUMENT_", "ADDRESS_", "IDENTITY_", "CONSENT_")) for f in open_ones):
        return Step(
            "A finding blocks the release. It goes away when the packet is put right and sent again.",
            "kinline submit PATH",
            owner="The case manager or an intake officer",
            roles=(_MANAGER, _INTAKE),
            duties=("obtain_document",),
        )
    return Step("A finding blocks the release. It goes away when the facts change.", f"kinline vet {name}")
