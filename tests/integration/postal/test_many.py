"""Many look-ups: their pace, and when they end early. Time is invented: nothing here waits."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from uuid import UUID

import pytest

from integrations.postal.many import DOWN_AFTER, LONGEST_WAIT_SECONDS, Pace, PostalDesk
from models.errors import IntegrationError, Rejected, Unavailable
from models.reading import PostalAnswer
from vetting.ports import AddressQuery

NOON = datetime(2026, 2, 2, 15, 0, tzinfo=UTC)
YES = PostalAnswer("Y", False, False, NOON, "test")


class Time:
    """A clock that only sleep moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def pace(self, per_second: float) -> Pace:
        return Pace(per_second, clock=lambda: self.now, sleep=self.sleep)


class Post:
    """Answers by what stands on its list, in turn; then yes."""

    def __init__(
        self, *says: IntegrationError | PostalAnswer, always: IntegrationError | None = None
    ) -> None:
        self.says, self.always, self.asked = list(says), always, 0

    def look_up(self, query: AddressQuery, *, at: datetime | None = None) -> PostalAnswer:
        assert at == NOON
        self.asked += 1
        one = self.says.pop(0) if self.says else self.always or YES
        if isinstance(one, IntegrationError):
            raise one
        return one


def some(count: int) -> dict[UUID, AddressQuery]:
    return {
        UUID(int=n): AddressQuery(f"{n} Example Ave", None, "Houston", "TX", "77036") for n in range(count)
    }


@pytest.fixture
def time() -> Time:
    return Time()


def test_no_more_a_second_than_the_pace_allows(time: Time) -> None:
    pace = time.pace(10)
    for _ in range(21):
        pace.wait()
    assert time.now == pytest.approx(2.0)


def test_whoever_is_held_waits_and_then_keeps_the_pace(time: Time) -> None:
    pace = time.pace(10)
    pace.wait()
    pace.hold(30)
    pace.wait()
    assert time.now == pytest.approx(30)
    pace.wait()
    assert time.now == pytest.approx(30.1)


def test_nobody_waits_once_the_process_is_to_end() -> None:
    stopping = threading.Event()
    stopping.set()
    pace = Pace(0.001, sleep=stopping.wait)
    for _ in range(3):
        pace.wait()


def test_each_address_has_its_own_answer(time: Time) -> None:
    no = PostalAnswer("N", False, False, NOON, "test")
    with PostalDesk(Post(no), time.pace(100), at_once=1) as desk:
        asked = desk.ask(some(3), at=NOON)
    assert (list(asked.said.values()), asked.unanswered, desk.stop) == ([no, YES, YES], 0, None)


def test_a_wait_that_is_asked_for_is_kept_and_the_address_asked_about_again(time: Time) -> None:
    post = Post(Unavailable("usps", "HTTP 429", retry_after_seconds=20))
    with PostalDesk(post, time.pace(100), at_once=1) as desk:
        asked = desk.ask(some(2), at=NOON)
    assert (len(asked.said), post.asked, desk.stop) == (2, 3, None)
    assert time.now >= 20


def test_a_wait_for_longer_than_a_round_lasts_ends_it(time: Time) -> None:
    post = Post(YES, Unavailable("usps", "HTTP 429", retry_after_seconds=LONGEST_WAIT_SECONDS + 1))
    with PostalDesk(post, time.pace(100), at_once=1) as desk:
        asked = desk.ask(some(9), at=NOON)
    assert (len(asked.said), asked.unanswered, post.asked, desk.stop) == (1, 8, 2, "asked_to_wait")
    assert time.now < 1


def test_a_service_that_is_down_is_not_asked_about_the_rest(time: Time) -> None:
    post = Post(YES, always=Unavailable("usps", "ConnectError"))
    with PostalDesk(post, time.pace(100), at_once=1) as desk:
        asked = desk.ask(some(100), at=NOON)
        assert desk.ask(some(5), at=NOON).unanswered == 5
    assert (len(asked.said), asked.unanswered, desk.stop) == (1, 99, "service_down")
    assert post.asked == 1 + DOWN_AFTER


def test_one_failure_among_answers_is_no_end(time: Time) -> None:
    post = Post(*[one for _ in range(6) for one in (Unavailable("usps", "HTTP 500"), YES)])
    with PostalDesk(post, time.pace(100), at_once=1) as desk:
        asked = desk.ask(some(12), at=NOON)
    assert (len(asked.said), asked.unanswered, desk.stop) == (6, 6, None)


def test_a_refused_address_is_not_a_refused_caller(time: Time) -> None:
    def ask(code: str) -> tuple[object, ...]:
        with PostalDesk(Post(Rejected("usps", "no", code=code)), time.pace(100), at_once=1) as desk:
            asked = desk.ask(some(2), at=NOON)
            return [*asked.said.values()], desk.stop

    assert ask("400") == (["refused", YES], None)
    assert ask("401") == ([], "credentials_refused")
    assert ask("403") == ([], "credentials_refused")


def test_whoever_is_told_to_stop_asks_nothing_more(time: Time) -> None:
    halt = threading.Event()

    class Halts(Post):
        def look_up(self, query: AddressQuery, *, at: datetime | None = None) -> PostalAnswer:
            halt.set()
            return super().look_up(query, at=at)

    post = Halts()
    with PostalDesk(post, time.pace(100), at_once=1, halt=halt) as desk:
        asked = desk.ask(some(3), at=NOON)
    assert (len(asked.said), asked.unanswered, post.asked, desk.stop) == (1, 2, 1, "told_to_stop")


def test_a_few_are_under_way_at_a_time() -> None:
    together = threading.Barrier(3, timeout=10)

    class Meets(Post):
        def look_up(self, query: AddressQuery, *, at: datetime | None = None) -> PostalAnswer:
            together.wait()
            return YES

    with PostalDesk(Meets(), Pace(10_000), at_once=3) as desk:
        assert len(desk.ask(some(6), at=NOON).said) == 6
    assert not together.broken
