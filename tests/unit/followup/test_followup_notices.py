"""What a concern waits for, from its notice's state alone."""

from __future__ import annotations

import pytest

from followup.notices import next_step
from models.reports import NoticeState, NoticeStep


@pytest.mark.parametrize(
    ("state", "sent_back", "expected"),
    [
        (None, False, NoticeStep.DRAFT),
        (NoticeState.DRAFT, False, NoticeStep.APPROVE),
        (NoticeState.DRAFT, True, NoticeStep.REVISE),
        (NoticeState.APPROVED, False, NoticeStep.CERTIFY),
        (NoticeState.APPROVED, True, NoticeStep.CERTIFY),  # it was approved after all
        (NoticeState.CERTIFIED, False, NoticeStep.ACKNOWLEDGE),
        (NoticeState.ACKNOWLEDGED, False, None),
    ],
)
def test_each_state_waits_for_one_step(
    state: NoticeState | None, sent_back: bool, expected: NoticeStep | None
) -> None:
    assert next_step(state, sent_back=sent_back) is expected
