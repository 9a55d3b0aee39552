"""A case under another version: what lies ahead is planned anew, what has begun or ended stays."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from followup_builders import a_policy, a_release, an_id, utc
from hypothesis import given, settings
from hypothesis import strategies as st

from followup.plan import next_sight, release_plan
from followup.replanning import key_of, replan
from models.facts import ObligationFacts
from models.states import Party

DAY = timedelta(days=1)
RELEASE = a_release()
VERSIONS = ["swb-2016r2", "swb-2016r3", "swb-2024r2", "swb-2024r3"]


def opened(version: str, release=RELEASE) -> list[ObligationFacts]:
    """The plan of the release as it stands in the ledger."""
    ids = count(100)
    return [
        ObligationFacts(
            id=an_id(next(ids)),
            case_id=an_id(1),
            kind=d.kind,
            party=d.party,
            key=d.key,
            opens_at=d.opens_at,
            due_at=d.due_at,
            queue=d.queue,
            in_sight=d.in_sight,
            policy_version=d.policy_version,
        )
        for d in release_plan(release, a_policy(version))
    ]


def moved(frm: str, to: str, now, release=RELEASE, done=(), standing=None):
    return replan(
        opened(frm, release) if standing is None else standing,
        done,
        release,
        a_policy(to),
        last_contact_at=release.released_at,
        now=now,
    )


def test_the_same_schedule_with_newer_procedures_changes_nothing_for_the_family():
    found = moved("swb-2024r2", "swb-2024r3", RELEASE.released_at + DAY)
    assert found.differs() == ([], [])
    ahead = [d for d in opened("swb-2024r2") if d.kind != "representation_known"]
    assert [old.key for old, _ in found.ends] == [d.key for d in ahead]
    assert {new.policy_version for new in found.opens} == {"swb-2024r3"}


def test_another_schedule_opens_its_calls_and_each_old_one_names_what_takes_its_place():
    found = moved("swb-2016r3", "swb-2024r3", RELEASE.released_at + DAY)
    gone, new = found.differs()
    assert {d.key for d in new if d.kind == "welfare_call"} == {"day-7", "day-14", "day-30"}
    assert {d.key for d in gone if d.kind == "welfare_call"} == {"day-30"}
    for old, successor in found.ends:
        assert (successor.kind, successor.party) == (old.kind, old.party)
        if old.kind == "welfare_call":
            assert successor.key == "day-30"


def test_what_has_begun_is_late_or_is_settled_stays_and_is_not_opened_twice():
    now = utc("2026-03-05T18:00")  # the call of day 30 has begun under the old version
    found = moved("swb-2016r3", "swb-2024r3", now)
    assert "welfare_call" not in {old.kind for old, _ in found.ends}
    assert "welfare_call" not in {d.kind for d in found.opens}
    late = moved("swb-2016r3", "swb-2024r3", utc("2026-03-20T18:00"))
    assert "welfare_call" not in {d.kind for d in (*late.opens, *(old for old, _ in late.ends))}
    heard = ("welfare_call", Party.CHILD, "day-14")
    early = moved("swb-2016r3", "swb-2024r3", RELEASE.released_at + DAY, done=[heard])
    assert heard not in {key_of(d) for d in early.opens}


def test_a_text_that_no_version_sends_any_more_goes_into_the_next_look_at_the_child():
    standing = [d for d in opened("swb-2024r3") if d.kind in ("text_reminder", "welfare_call")]
    silent = a_release(text_consent=frozenset())
    found = moved("swb-2024r3", "swb-2024r3", RELEASE.released_at, silent, standing=standing)
    texts = [new for old, new in found.ends if old.kind == "text_reminder"]
    assert texts
    assert {(new.kind, new.key, new.in_sight) for new in texts} == {("welfare_call", "day-7", True)}


def test_where_nothing_can_take_its_place_a_duty_stays():
    now = RELEASE.released_at + 50 * DAY
    text = next(d for d in opened("swb-2024r3") if d.key == "checkin-60")
    silent, long_ago = a_release(text_consent=frozenset()), now - 200 * DAY
    found = replan([text], (), silent, a_policy("swb-2024r3"), last_contact_at=long_ago, now=now)
    assert (found.opens, found.ends) == ((), ())


@given(st.sampled_from(VERSIONS), st.sampled_from(VERSIONS), st.integers(0, 140), st.integers(20, 3000))
@settings(max_examples=60, deadline=None)
def test_after_any_move_the_child_is_still_looked_at_in_time(frm, to, days, turns_18_in):
    release = a_release(turns_18_on=(RELEASE.released_at + turns_18_in * DAY).date())
    standing, policy = opened(frm, release), a_policy(to)
    now = min(release.released_at + days * DAY, release.released_at + (turns_18_in - 1) * DAY)
    standing = [d for d in standing if d.due_at > now]  # what lay before was settled
    last = now - timedelta(hours=1)
    found = replan(standing, (), release, policy, last_contact_at=last, now=now)
    ended = {old.id for old, _ in found.ends}
    stays = [d for d in standing if d.id not in ended]
    assert all(d.opens_at > now for d in found.opens)
    keys = [key_of(d) for d in (*found.opens, *stays)]
    assert len(keys) == len(set(keys))
    looks = [d.opens_at for d in (*found.opens, *stays) if d.in_sight]
    assert looks
    assert next_sight(last, release.zone, release.turns_18_on, policy, planned=looks) is None or any(
        d.kind == "closure_review" for d in (*found.opens, *stays)
    )
    for _, new in found.ends:
        assert new in found.opens or new in stays
