"""Hypothesis walks through the lives of families; after every step the promises are looked at."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.clones import Clones
from tests.integration.random_families import Explored, FamiliesAtRandom

EXAMPLES = int(os.environ.get("STEPS_EXAMPLES", "6"))
STEPS = int(os.environ.get("STEPS_EACH", "20"))
# The walks of every day are the same ones; a longer walk goes where nobody has been.
LONGER = "STEPS_EXAMPLES" in os.environ


@pytest.mark.timeout(0 if LONGER else 900)
def test_the_promises_hold_through_everything_that_happens_to_random_families(
    clones: Clones, record_property: Callable[[str, object], None]
) -> None:
    explored = Explored()

    class Walk(FamiliesAtRandom):
        pass

    Walk.clones, Walk.explored = clones, explored
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=not LONGER,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink) if LONGER else (Phase.generate,),
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
    record_property("explored", str(explored))
    assert explored.walks >= EXAMPLES
    assert explored.steps.total() >= EXAMPLES * 5
