"""What a move asks for, as the policy's `moves` say; and what older versions do without them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from followup_builders import POLICY, a_policy, policy_text, procedures_text

from followup.new_home import MoveFacts, on_unknown, opened_by
from followup.policy import parse_followup_policy
from models.errors import BadInput
from models.states import PrsLevel

OLD = a_policy("swb-2024")
MOVE = MoveFacts(
    same_dwelling=False,
    old_state="TX",
    new_state="TX",
    old_zip="77036",
    new_zip="75201",
    prs_level=PrsLevel.TWO,
)


@pytest.mark.parametrize(
    ("move", "opens"),
    [
        (MOVE, ("household_check",)),
        (replace(MOVE, new_state="CA"), ("household_check", "prs_transfer")),
        (replace(MOVE, new_state="CA", prs_level=PrsLevel.TVPRA), ("household_check", "prs_transfer")),
        (replace(MOVE, new_state="CA", prs_level=PrsLevel.ONE), ("household_check",)),
        (replace(MOVE, new_state="CA", prs_level=None), ("household_check",)),
        # Nobody knew where the child was: the services may be anywhere.
        (replace(MOVE, old_state=None, old_zip=None), ("household_check", "prs_transfer")),
        (replace(MOVE, same_dwelling=True), ()),
    ],
)
def test_a_move_opens_what_its_lines_say(move: MoveFacts, opens: tuple[str, ...]) -> None:
    assert opened_by(POLICY, move) == opens
    assert opened_by(OLD, move) == ()


def test_an_area_may_be_the_first_digits_of_the_zip() -> None:
    near = a_policy().model_copy(
        update={"moves": tuple(line.model_copy(update={"area": "zip3"}) for line in POLICY.moves)}
    )
    assert "prs_transfer" in opened_by(near, MOVE)
    assert "prs_transfer" not in opened_by(near, replace(MOVE, new_zip="77099"))
    assert "prs_transfer" in opened_by(near, replace(MOVE, old_zip=None))


def test_a_supervisor_is_told_at_once_when_nobody_knows_where_the_child_is() -> None:
    assert on_unknown(POLICY) == ("P2-MOVE-LOCATION-UNKNOWN", 2, ())
    assert on_unknown(OLD)[1:] == (2, ())


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('when = "services_elsewhere"', 'when = "another_dwelling"', "when_twice"),
        ('opens = ["household_check"]', 'opens = ["a_kind_without_a_line"]', "wrong_value"),
        ("escalate_level = 2\n\n[hearings]", "escalate_level = 9\n\n[hearings]", "wrong_value"),
    ],
)
def test_a_table_of_moves_that_says_too_little_or_too_much_is_refused(old: str, new: str, code: str) -> None:
    assert old in procedures_text()
    with pytest.raises(BadInput) as caught:
        parse_followup_policy(policy_text(), procedures_text().replace(old, new, 1))
    assert code in [p.code for p in caught.value.problems]
