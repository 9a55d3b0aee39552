"""What the court's list changes: the hearing itself, the duties around it, and who is told. Many rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Session

from followup.court import ask_court, change_duties, hearing_duties, hearing_plan
from integrations.desk.duties import owned
from integrations.policies import pinned_followup_policy
from integrations.store import hearings, many_duties
from integrations.store.hearings import HearingWrite, OpenDuty
from integrations.store.many_duties import NewDuty, Owned, Planned
from integrations.zones import FALLBACK
from models.court import COMING, HearingChange, HearingSaid, KnownHearing
from models.facts import Duty
from models.followup_policy import FollowupPolicy
from models.states import FOLLOWED, Party

# After these the old duties of the hearing end, each for one in its place.
_ENDS_THE_OLD = frozenset(
    {HearingChange.MOVED, HearingChange.CANCELLED, HearingChange.RESTORED, HearingChange.COMPLETED}
)
_WHY = {
    HearingChange.ADDED: "the court's list names it",
    HearingChange.MOVED: "the court has moved it",
    HearingChange.CANCELLED: "the court has cancelled it",
    HearingChange.RESTORED: "the court's list names it again",
    HearingChange.COMPLETED: "the court's list says that it was held",
    HearingChange.UPDATED: "the court's list says more of it",
}


@dataclass(frozen=True, slots=True)
class ChangedHearing:
    """A hearing of a known child, how it stood (`known`), and what says how it stands now (`row`)."""

    id: UUID
    case_id: UUID
    case_state: str
    zone: str | None
    policy: str | None
    row: HearingSaid
    known: KnownHearing | None
    change: HearingChange
    because: str = ""  # why, where it is not the list that says so

    @property
    def why(self) -> str:
        return self.because or _WHY[self.change]

    @property
    def state(self) -> str:
        if self.change == HearingChange.UPDATED and self.known is not None:
            return self.known.state
        if self.row.state in ("cancelled", "completed"):
            return self.row.state
        moved = self.known is not None and self.known.starts_at != self.row.starts_at
        return "moved" if moved else self.row.state

    @property
    def starts_at(self) -> datetime:
        """Of one that is cancelled, the time that the family knows."""
        if self.change == HearingChange.CANCELLED and self.known is not None:
            return self.known.starts_at
        return self.row.starts_at


def apply_changes(
    session: Session, changed: Sequence[ChangedHearing], *, source: str, actor: str, now: datetime
) -> None:
    """The hearings stand as their rows say, with history; reminders and tellings of followed children are planned.

    The cases are locked. What a child in care or of a closed case has is kept, and owes nothing.
    """
    hearings.write_hearings(session, [_write(one) for one in changed], source=source, actor=actor, now=now)
    followed = [one for one in changed if one.case_state in FOLLOWED]
    cases = {one.case_id for one in followed}
    consents = hearings.text_consents(session, cases)
    ending = [one.id for one in followed if one.change in _ENDS_THE_OLD]
    standing: dict[UUID, list[OpenDuty]] = {}
    for duty in hearings.open_duties_of(session, cases, ending):
        standing.setdefault(duty.hearing_id, []).append(duty)
    plan = _Plan(now)
    for one in followed:
        plan.add(one, consents.get(one.case_id, frozenset()), standing.get(one.id, []))
    for why, pairs in plan.voids.items():
        many_duties.void_many(session, pairs, actor=actor, why=why, now=now)
    for why, rows in plan.opens.items():
        many_duties.open_new(session, rows, actor=actor, why=why, now=now)
    for why, planned in plan.first.items():
        many_duties.open_planned(session, plan.shared, planned, actor=actor, why=why, now=now)


def _write(one: ChangedHearing) -> HearingWrite:
    known = one.known
    again = one.change in (HearingChange.ADDED, HearingChange.RESTORED)
    return HearingWrite(
        id=one.id,
        case_id=one.case_id,
        court=one.row.court,
        hearing_key=one.row.hearing_key,
        kind=one.row.kind,
        state=one.state,
        starts_at=one.starts_at,
        zone=one.row.zone,
        outcome=None if again or known is None else known.outcome,
        old=None if known is None else f"{known.state} {known.starts_at.isoformat()}",
        new=f"{one.state} {one.starts_at.isoformat()}",
        why=one.why,
    )


# When the hearing begins, by which clock, who takes texts, and the policy's version.
_Hour = tuple[datetime, str, frozenset[Party], str | None]


@dataclass
class _Plan:
    """What ends and what begins, by why: collected row by row, written in a few statements."""

    now: datetime
    voids: dict[str, list[tuple[UUID, UUID]]] = field(default_factory=dict)
    opens: dict[str, list[NewDuty]] = field(default_factory=dict)
    # Hearings that are new replace nothing, and those at one hour owe the same.
    first: dict[str, list[Planned]] = field(default_factory=dict)
    shared: list[list[Owned]] = field(default_factory=list)
    numbers: dict[_Hour, int] = field(default_factory=dict)  # of the plans in `shared`

    def add(self, one: ChangedHearing, consent: frozenset[Party], standing: Sequence[OpenDuty]) -> None:
        if one.change in (HearingChange.SAME, HearingChange.UPDATED):
            return
        if one.known is None:
            if _owes(one):
                planned = Planned(one.id, one.case_id, self._number(one, consent))
                self.first.setdefault(one.why, []).append(planned)
            return
        kept = next((d for d in standing if d.kind == "hearing_outcome"), None)
        if one.change == HearingChange.COMPLETED and kept is not None:
            # Whether the child was there is still to be recorded; what led up to it is over.
            self._void(one, [(old, kept.id) for old in standing if old.id != kept.id])
            return
        policy = pinned_followup_policy(one.policy)
        duties = self._duties(one, one.known, consent, policy)
        rows = [NewDuty(uuid4(), one.case_id, owned(one.policy, duty, self.now)) for duty in duties]
        self.opens.setdefault(one.why, []).extend(rows)
        self._void(one, [(old, _in_its_place(old, rows)) for old in standing])

    def _number(self, one: ChangedHearing, consent: frozenset[Party]) -> int:
        """The number of the plan for hearings like this one; made for the first of them."""
        hour = one.starts_at, one.zone or FALLBACK, consent, one.policy
        if (number := self.numbers.get(hour)) is None:
            number = self.numbers[hour] = len(self.shared)
            plan = hearing_plan(*hour[:3], pinned_followup_policy(one.policy), self.now)
            self.shared.append([owned(one.policy, duty, self.now) for duty in plan])
        return number

    def _duties(
        self, one: ChangedHearing, known: KnownHearing, consent: frozenset[Party], policy: FollowupPolicy
    ) -> Iterator[Duty]:
        now = self.now
        if _owes(one):
            yield from hearing_duties(one.id, one.starts_at, one.zone or FALLBACK, consent, policy, now)
        if one.change == HearingChange.CANCELLED:
            yield ask_court(f"h:{one.id}:off:{now:%Y%m%dT%H%M}", policy, now, hearing_id=one.id)
        was_ahead = known.state in COMING and known.starts_at > now
        if one.change == HearingChange.CANCELLED and was_ahead:
            until = known.starts_at
        elif one.change in (HearingChange.MOVED, HearingChange.RESTORED) and one.starts_at > now:
            until = min(one.starts_at, known.starts_at) if was_ahead else one.starts_at
        else:
            return
        yield from change_duties(one.id, one.change, one.starts_at, consent, policy, now, until=until)

    def _void(self, one: ChangedHearing, pairs: Sequence[tuple[OpenDuty, UUID]]) -> None:
        if pairs:
            self.voids.setdefault(one.why, []).extend((old.id, new) for old, new in pairs)


def _owes(one: ChangedHearing) -> bool:
    """The family is reminded of it, and what came of it is asked; not of one that is off."""
    return one.state in COMING or one.state == "completed"


def _in_its_place(old: OpenDuty, rows: Sequence[NewDuty]) -> UUID:
    """The new duty that does most nearly what the old one did: same kind and party, same party, any."""

    def nearness(row: NewDuty) -> tuple[bool, bool]:
        duty = row.owned.duty
        return duty.kind == old.kind, duty.party.value == old.party

    return max(rows, key=nearness).id
