"""The acts on an application that come after a denial, and those that come seldom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from console.pages.act_forms import REASON, ActForm, Box, Filled
from console.pages.wording import words
from integrations.desk import appeals, home_studies, ladder, merges, policy_acts
from integrations.desk.policy_voices import MAY_MOVE
from models.errors import BadInput, NotFound, Problem
from models.states import AppealOutcome, Appellant, Role

_MANAGER, _SUPERVISOR = Role.CASE_MANAGER, Role.SUPERVISOR
_SPECIALIST = Role.FEDERAL_FIELD_SPECIALIST
_FILES_APPEALS = (_MANAGER, _SUPERVISOR)
_MERGES = (Role.INTEGRITY_REVIEWER, _SUPERVISOR)

_APPELLANT = Box(
    "by",
    "choice",
    "Who appeals",
    options=tuple((who.value, words(who.value).capitalize()) for who in Appellant),
    problem="--by",
)
_RECEIVED_ON = Box("on", "day", "Day on which it came in", "As 2026-02-02.", problem="--on")
_HEARING = Box(
    "hearing", "several", "What they ask for", options=(("asked", "To be heard in person"),), must=False
)
_FILE = Box(
    "file",
    "choice",
    "The file",
    "It is kept back only where it would endanger the child.",
    options=(("delivered", "It was handed over"), ("withheld", "It is kept back")),
    problem="FILE",
)
_APPEAL = Box(
    "outcome",
    "choice",
    "What you decide",
    options=(
        (AppealOutcome.UPHELD.value, "The denial stands"),
        (AppealOutcome.REVERSED.value, "The denial is reversed"),
    ),
    problem="OUTCOME",
)
_OFFER = Box(
    "answer",
    "choice",
    "What the sponsor answered",
    options=(("accepted", "Accepted"), ("declined", "Declined")),
    problem="--answer",
)
_OTHER = Box("other", "line", "The other application", "Its reference or its id.", problem="B")
_VERSION = Box("version", "line", "Policy", "Its version, as orr-2025.", problem="VERSION")


def _file_appeal(filled: Filled) -> UUID:
    return appeals.file_appeal(
        filled.kit,
        filled.key,
        filled.text("by"),
        filled.person,
        received_on=filled.day(_RECEIVED_ON),
        with_hearing=bool(filled.chosen(_HEARING)),
        reason=filled.text("reason"),
        now=filled.now,
    )


def _deliver(filled: Filled) -> UUID:
    return appeals.deliver_file(
        filled.kit,
        filled.key,
        filled.person,
        withheld=filled.one_of(_FILE) == "withheld",
        reason=filled.text("reason"),
        now=filled.now,
    )


def _merge(filled: Filled) -> UUID:
    return _of_two(filled, merges.merge)


def _unmerge(filled: Filled) -> UUID:
    return _of_two(filled, merges.unmerge)


def _of_two(filled: Filled, act: Callable[..., UUID]) -> UUID:
    other = filled.line(_OTHER)
    with _known("B", "There is no such application.", "Look at its page for the reference."):
        return act(filled.kit, filled.key, other, filled.person, reason=filled.text("reason"), now=filled.now)


@contextmanager
def _known(field: str, says: str, remedy: str) -> Iterator[None]:
    """What was typed names nothing: that is said at its box."""
    try:
        yield
    except NotFound:
        raise BadInput(Problem(field, "wrong_value", says, remedy)) from None


def _move(filled: Filled) -> UUID:
    version = filled.line(_VERSION)
    with _known("VERSION", "There is no such version.", "Write it as it stands in the policies."):
        is_of_vetting = policy_acts.is_of_vetting(version)
    if not is_of_vetting:
        raise BadInput(
            Problem(
                "VERSION", "wrong_value", "This is about the follow-up.", "It is moved on the child's case."
            )
        )
    return policy_acts.move(
        filled.kit, filled.key, version, filled.person, reason=filled.text("reason"), now=filled.now
    )


SELDOM: Mapping[str, ActForm] = {
    "appeal-file": ActForm(
        "An appeal came in",
        "Its times run from now on: it is acknowledged, the file is handed over, somebody with no part in the denial"
        " decides.",
        "Put it on record",
        _FILES_APPEALS,
        _file_appeal,
        (_APPELLANT, _RECEIVED_ON, _HEARING, REASON),
    ),
    "appeal-acknowledge": ActForm(
        "The appeal was acknowledged",
        "Say so once whoever appealed has been told that it is here.",
        "They have been told",
        _FILES_APPEALS,
        lambda f: appeals.acknowledge_appeal(f.kit, f.key, f.person, now=f.now),
        (),
    ),
    "appeal-deliver": ActForm(
        "The file of the appeal",
        "Whoever appeals gets the file that the denial rests on.",
        "Put it on record",
        _FILES_APPEALS,
        _deliver,
        (_FILE, REASON),
    ),
    "appeal-decide": ActForm(
        "Decide the appeal",
        "By a supervisor with no part in the denial. Reversed, the application stands before the decider again.",
        "Decide",
        (_SUPERVISOR,),
        lambda f: appeals.decide_appeal(
            f.kit, f.key, f.text("outcome"), f.person, reason=f.text("reason"), now=f.now
        ),
        (_APPEAL, REASON),
    ),
    "waive-review": ActForm(
        "Do not wait for the coordinator",
        "It holds for this round alone: a remand or a new home study ends it.",
        "Go on without it",
        (_SPECIALIST,),
        lambda f: ladder.waive_review(f.kit, f.key, f.person, reason=f.text("reason"), now=f.now),
    ),
    "review-pending": ActForm(
        "Review why it takes so long",
        "The time to the next review runs from now on.",
        "Put it on record",
        (_SUPERVISOR,),
        lambda f: ladder.review(f.kit, f.key, f.person, reason=f.text("reason"), now=f.now),
    ),
    "services-offer": ActForm(
        "Offer post-release services",
        "After a home study they are offered to every family. The newest answer counts.",
        "Put it on record",
        (_MANAGER,),
        lambda f: home_studies.offer_prs(
            f.kit, f.key, f.person, answer=f.text("answer"), reason=f.text("reason"), now=f.now
        ),
        (_OFFER, REASON),
    ),
    "merge": ActForm(
        "Two sponsors are one person",
        "Two people say so. Each application keeps its sponsor; what is found counts for both.",
        "Give my voice",
        _MERGES,
        _merge,
        (_OTHER, REASON),
    ),
    "unmerge": ActForm(
        "Two sponsors are two people",
        "They were taken as one person: that ends at once, and stays on record.",
        "Take them apart",
        _MERGES,
        _unmerge,
        (_OTHER, REASON),
    ),
    "policy-move": ActForm(
        "Move the case to another policy",
        "The first voice proposes, another person's moves it. What was recommended under the old one speaks no more.",
        "Give my voice",
        MAY_MOVE,
        _move,
        (_VERSION, REASON),
    ),
    "withdraw": ActForm(
        "Withdraw the application",
        "The sponsor wants it no more. It ends here: what is open for it falls away.",
        "Withdraw it",
        (_MANAGER, _SPECIALIST, _SUPERVISOR),
        lambda f: ladder.withdraw(f.kit, f.key, f.person, reason=f.text("reason"), now=f.now),
    ),
}
