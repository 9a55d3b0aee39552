"""What rides on an act is committed with the act, and with nothing else."""

from __future__ import annotations

from sqlmodel import Session

from integrations.kit import Kit, riding


def test_what_rides_goes_with_the_first_transaction_of_the_act(kit: Kit) -> None:
    carried: list[Session] = []
    with riding(carried.append):
        with kit.transaction() as first:
            pass
        with kit.transaction():
            pass
    assert carried == [first]


def test_a_look_at_the_clock_carries_nothing_of_the_act_along(kit: Kit) -> None:
    carried: list[Session] = []
    with riding(carried.append):
        kit.now()
        assert carried == []
        with kit.transaction() as act:
            pass
    assert carried == [act]
