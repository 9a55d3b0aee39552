"""What `kinline round` says to a person."""

from __future__ import annotations

from typing import Any

import pytest

from kinline.cli import show


@pytest.mark.parametrize(
    ("name", "counts", "lines"),
    [
        ("lost", {"climbed": 2, "escalated": 0}, ["climbed: 2", "escalated: 0"]),
        ("court", {}, ["nothing to do"]),
        (
            "all",
            {"court": {"statuses": 3, "lookups": 1}, "accounts": {}, "sent": {"not_sent": 1}},
            ["court: statuses 3, lookups 1", "accounts: nothing to do", "sent: not sent 1"],
        ),
    ],
)
def test_a_round_is_told_in_words(
    capsys: pytest.CaptureFixture[str], name: str, counts: dict[str, Any], lines: list[str]
) -> None:
    show.round_({"round": name, "at": "2026-02-02T15:00:00+00:00", "seconds": 0.5, "counts": counts})
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == f"round {name} at 2026-02-02T15:00:00+00:00, 0.5 s"
    assert rest == [f"  {line}" for line in lines]
