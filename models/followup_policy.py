"""The frozen types that a schedule of follow-up is made of (``followup/policies``)."""

from __future__ import annotations

from datetime import date, time
from typing import Literal

from pydantic import Field

from models.contacts import CallOutcome, Channel, TryEnd
from models.policy import Frozen, Line
from models.reports import Recipient
from models.states import ClosureReason, Party, PrsLevel, Role


class CallRule(Line):
    """A planned welfare call. It opens `after_business_days` or `after_days` from the release.

    `window_days`: calendar days from opening until it is due.
    """

    key: str
    party: Party
    after_business_days: int | None = None
    after_days: int | None = None
    window_days: int
    queue: str
    in_sight: bool


class ReminderRule(Line):
    """A planned text. `template` names the message; it goes at `local_time` where the person lives."""

    key: str
    party: Party
    after_days: int
    template: str
    local_time: time
    not_after_hours: int
    window_days: int
    queue: str


class PrsRule(Line):
    """A duty of post-release services, for children on these levels.

    The first opens `after_days` from the day on which the level began and is due `window_days` later. With
    `every_days` the next opens so long after each that was done, for `for_days` from the begin of the level;
    None: until 18, status, departure or another closure.
    """

    levels: tuple[PrsLevel, ...]
    kind: Literal["prs_start", "prs_contact", "prs_visit"]
    key: str
    party: Party
    after_days: int = Field(default=0, ge=0)
    window_days: int = Field(ge=1)
    every_days: int | None = Field(default=None, ge=1)
    for_days: int | None = None
    queue: str
    in_sight: bool = False


class PrsBegin(Line):
    """On which level the services of a child begin who was released like this. The first line that fits counts."""

    after: Literal["tvpra_home_study", "approve_with_prs", "any"]
    level: PrsLevel


class SightRule(Line):
    """The recurring look after the last planned call, until 18 or closure."""

    every_days: int
    window_days: int
    queue: str


class SilenceRule(Line):
    """The longest time without direct contact with the child that an open duty may cover."""

    max_silence_days: int


class LadderStep(Line):
    """One try of a welfare call: on which day after its opening, how, to whom, at what local hour.

    `weekend`: where no person has called at a weekend yet, on the first Saturday or Sunday from that day on that the
    duty's time allows.
    """

    step: int
    channel: Channel
    to: Literal["party", "backup", "care_plan", "home_country"]
    day: int
    local_time: time
    template: str | None = None
    needs_approval: bool = False
    weekend: bool = False


class TryRule(Line):
    """What follows when a try ends like this.

    `number`: what it says of the number: nothing, that it is for calls alone, or that it is of no use. `then`: the
    ladder takes its next step, or the same one once more, `after_minutes` after the try and `at_most` times: on the
    same number, or on another one that serves the step. `opens`: the duties that open at once; `opens_for_child`:
    those that open besides when the number is the child's own.
    """

    end: TryEnd
    number: Literal["keep", "no_texts", "no_use"] = "keep"
    then: Literal["next_step", "same_number", "other_number"] = "next_step"
    after_minutes: int = Field(default=0, ge=0)
    at_most: int = Field(default=0, ge=0)
    opens: tuple[str, ...] = ()
    opens_for_child: tuple[str, ...] = ()


class Rung(Line):
    """One level of the escalation ladder: in whose queue, and how long until it climbs.

    `channel`: how its people learn of it. `fallback`: the level that takes over what an owner leaves behind, or what
    nobody of this role is left for; None: the next one. `nag_every_hours`: how often it is said again until somebody
    takes it.
    """

    level: int = Field(ge=1)
    queue: str
    role: Role
    acknowledge_within_hours: int
    resolve_within_hours: int
    channel: Literal["queue", "text"] = "queue"
    fallback: int | None = None
    nag_every_hours: int | None = Field(default=None, ge=1)


class OpensDuty(Frozen):
    """A duty that an outcome opens. `in_sight` kinds keep the child accounted for.

    `recipient`: whom it reports to. `counts_from`: its time runs from the call, or from the day of the move
    where the answers tell it.
    """

    kind: str
    party: Party = Party.CASE
    within_hours: int
    queue: str
    in_sight: bool = False
    recipient: Recipient | None = None
    counts_from: Literal["call", "move"] = "call"


Worry = Literal[
    "concern_danger",  # at this moment
    "concern_harm",
    "concern_trafficking",  # for labour or sex; the two below say which
    "concern_labour",
    "concern_sex",
    "concern_help",
]


class MoveRule(Line):
    """What a move asks for besides the new address and the court's form; or the day when nobody knows where the child is.

    `when`: the family lives in another dwelling; services go on there and it is another `area` (the state, or the first
    three digits of the ZIP), for children on these `levels`; or the location is unknown. `opens`: kinds of `reviews`.
    """

    when: Literal["another_dwelling", "services_elsewhere", "location_unknown"]
    area: Literal["state", "zip3"] = "state"
    levels: tuple[PrsLevel, ...] = ()
    opens: tuple[str, ...] = ()
    escalate_level: int = Field(default=1, ge=1)


class OutcomeRule(Line):
    """What follows from a call's outcome or from a worry in its answers."""

    outcome: CallOutcome | Worry | Literal["exhausted"]
    opens: tuple[OpensDuty, ...] = ()
    escalate: str | None = None
    escalate_level: int = 1


class QuietRule(Line):
    """Nothing unprompted goes out between `begins` and `ends`, local time of the recipient."""

    begins: time
    ends: time


class ReviewRule(Line):
    """How long a duty of this kind may take, whatever opens it (a call, a reply not understood, a bad number...).

    `recipient` and `legal_basis`: of a report, whom it goes to and by what right.
    """

    kind: str
    within_hours: int
    queue: str
    in_sight: bool = False
    recipient: Recipient | None = None
    legal_basis: str | None = None


class HearingRule(Line):
    """Reminders of a hearing, in days before it, and how soon its outcome must be recorded.

    `look_again_hours`: how soon somebody looks again when the court's word names no date and we know of a hearing.
    """

    reminder_days: tuple[int, ...]
    local_time: time
    template: str
    outcome_within_hours: int
    lookup_days_before: tuple[int, ...]
    lookup_every_days_without_date: int
    look_again_hours: int = 72  # Source: ours, unreviewed
    queue: str
    # How the family is told that it was moved or cancelled. Without a template a person tells them.
    moved_template: str | None = None
    cancelled_template: str | None = None
    change_within_hours: int = 24
    # How soon a person looks when the court's list no longer names a hearing, or names it with another birth date.
    doubt_within_hours: int = 72


class LostTry(Frozen):
    """One call by a person of the second ladder: on which day after the loss, to whom, at what local hour."""

    step: int
    to: Literal["party", "backup", "care_plan", "home_country"]
    day: int = Field(ge=0)
    local_time: time
    needs_approval: bool = False


class LostStep(Line):
    """One step to find a child whose contact is lost: a duty that opens so long after the loss.

    `roles`: who writes down what came of it. `decided_by`: it is done only after one of these has said yes; whom it
    tells of the child, on what legal basis, and which fields, is then on record. `before_closing`: lost contact is
    not closed while it is open.
    """

    step: str = Field(pattern="^[a-z_]+$")
    after_hours: int = Field(ge=0)
    within_hours: int = Field(ge=1)
    queue: str
    party: Party = Party.CASE
    roles: tuple[Role, ...] = Field(min_length=1)
    decided_by: tuple[Role, ...] = ()
    tells: str | None = None
    legal_basis: str | None = None
    fields: tuple[str, ...] = ()
    before_closing: bool = True
    tries: tuple[LostTry, ...] = ()


class ClosureRule(Line):
    """What must be true before a case is closed for this reason, and who may say so.

    `confirmed_by`: whose second voice is needed (four eyes); empty: one person closes. `child_heard`: a person has
    spoken with the child since the release, `heard_within_days` ago at most where that is given. `asked_on_days`: on
    how many different days, at least, people have asked for the child since. `evidence`: what is to be named.
    """

    reason: ClosureReason
    roles: tuple[Role, ...] = Field(min_length=1)
    confirmed_by: tuple[Role, ...] = ()
    child_heard: bool = False
    heard_within_days: int | None = Field(default=None, ge=1)
    asked_on_days: int | None = Field(default=None, ge=1)
    of_age: bool = False
    contact_lost: bool = False
    evidence: str | None = None


class InterpretingRule(Line):
    """The languages that callers speak themselves (BCP 47, main part); every other needs an interpreter."""

    spoken_by_callers: tuple[str, ...]


class FollowupPolicy(Frozen):
    """A schedule with its procedures.

    `supersedes`: the version that this one replaces for new releases, from the same day on. `procedures`: the
    file that the tables from `ladder` on come from; None: from the version's own.
    """

    version: str
    title: str
    effective_from: date
    supersedes: str | None = None
    procedures: str | None = None
    active: bool = True
    calls: tuple[CallRule, ...]
    reminders: tuple[ReminderRule, ...]
    prs_begins: tuple[PrsBegin, ...] = ()
    prs: tuple[PrsRule, ...] = ()
    sight: SightRule
    silence: SilenceRule
    ladder: tuple[LadderStep, ...]
    tries: tuple[TryRule, ...] = ()  # none: `followup.tries` says what held before they were lines
    rungs: tuple[Rung, ...]
    outcomes: tuple[OutcomeRule, ...]
    quiet: QuietRule
    reviews: tuple[ReviewRule, ...]
    hearings: HearingRule
    moves: tuple[MoveRule, ...] = ()  # none: `followup.new_home` says what held before they were lines
    lost: tuple[LostStep, ...] = ()  # none: the weekly review alone
    closures: tuple[ClosureRule, ...] = ()  # none: `followup.closing` says what held before they were lines
    interpreting: InterpretingRule | None = None
    age_of_majority: int = 18
