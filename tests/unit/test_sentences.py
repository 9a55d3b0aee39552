"""What a command tells a person in a sentence, where `--json` prints a document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kinline.cli import common, sentences, show
from models.errors import BadInput

SIGNED = {"version": "orr-2025", "signed": "2025-FP"}
CASE = {
    "case_id": "c1",
    "state": "closed",
    "in_sight": {"ok": True, "by": "a call", "until": "2026-05-01"},
    "court": None,
    "address": {
        "where": "in_care",
        "since": "2026-02-02",
        "source": "staff",
        "missing": [{"message": "Ask."}],
    },
    "prs_level": "1",
    "paused": None,
    "closing": {"proposed": None},
    "closure": None,
    "obligations": [],
    "escalations": [],
}
A_CASE = "case c1  closed\n  in sight: yes, by a call, until 2026-05-01\n"
HOME = "  address: in care, since 2026-02-02, by staff\n    missing: Ask.\n"
NO_DUTIES = " duty  party  key  due  state  queue "
WHOLE = {"blocks": 2, "entries": 1, "unsealed": 0, "broken": []}


@pytest.mark.parametrize(
    ("tell", "result", "told"),
    [
        (
            sentences.user_added,
            {"id": "1f", "email": "a@example.org", "roles": ["case_manager", "auditor"]},
            "Added a@example.org as case manager, auditor (id 1f).",
        ),
        (
            sentences.user_left,
            {"email": "a@example.org", "handed_on": 1, "warnings": ["nobody on rota"]},
            "a@example.org has left; their account is shut and 1 escalation handed on.\n  warning: nobody on rota",
        ),
        (
            sentences.line_signed,
            SIGNED | {"unsigned": ["2025-CAN", "2025-PR"]},
            "Signed 2025-FP of orr-2025.\nStill unsigned: 2025-CAN, 2025-PR.",
        ),
        (
            sentences.line_signed,
            SIGNED | {"unsigned": []},
            "Signed 2025-FP of orr-2025.\nEvery unverified line has a name; now two people activate the version.",
        ),
        (
            sentences.activated,
            {"version": "orr-2025", "voices": 1, "in_use": False},
            "The first of two voices for orr-2025 is on record; it is not in use before another person's.",
        ),
        (
            sentences.activated,
            {"version": "orr-2025", "voices": 2, "in_use": True},
            "orr-2025 is in use.",
        ),
        (sentences.audit_verified, WHOLE, "The audit is whole: 2 sealed blocks with 1 row fit."),
        (
            sentences.audit_verified,
            WHOLE | {"entries": 4, "unsealed": 3},
            "The audit is whole: 2 sealed blocks with 1 row fit; 3 newer ones wait for their seal.",
        ),
        (
            sentences.audit_verified,
            WHOLE | {"broken": [1, 2]},
            "THE AUDIT WAS CHANGED: of 2 sealed blocks these no longer fit: 1, 2. Ask who had access.",
        ),
        (
            sentences.upgraded,
            {"upgraded": True},
            "The database stands at this program's newest schema.",
        ),
        (
            sentences.backed_up,
            {"file": "b.dump", "bytes": 9, "keys": "/home/keys"},
            "Written: b.dump, 9 bytes. The keys are not in it: keep /home/keys apart.",
        ),
        (
            sentences.restored,
            {"file": "b.dump", "cases": 4, "environment": "sandbox", "keys_fit": False},
            "Restored 4 cases of the sandbox from b.dump.\n"
            "The keys at hand are not this backup's: no name can be read. Put its keys in place.",
        ),
        (
            sentences.rungs,
            {
                "rungs": [
                    {
                        "policy": "swb-2024r2",
                        "level": 1,
                        "queue": "rota",
                        "role": "post_release_caller",
                        "people": [],
                        "acknowledge_within_hours": 24,
                        "resolve_within_hours": 72,
                    }
                ],
                "rota_gaps": [],
            },
            "swb-2024r2 level 1, rota: post release caller, NOBODY; answered within 24 h, resolved within 72 h",
        ),
        (
            sentences.rungs,
            {"rungs": [], "rota_gaps": [{"rung": 2, "from": "2026-02-02", "until": "2026-02-03"}]},
            "NOBODY on call, rung 2: 2026-02-02 to 2026-02-03",
        ),
        (
            sentences.phone_set,
            {"email": "caller@example.org", "phone": "set"},
            "caller@example.org is paged on this telephone from now on.",
        ),
        (
            sentences.reply_read,
            {"id": "t1", "case_id": None, "meaning": "stop", "by": "cm@example.org"},
            "Text t1 is read: stop, by cm@example.org.",
        ),
        *(
            (show.case, CASE | more, f"{A_CASE}  {line}\n{HOME}{NO_DUTIES}")
            for more, line in (
                (
                    {"paused": "a call raised a concern"},
                    "texts and automated calls are stopped: a call raised a concern",
                ),
                (
                    {"closing": {"proposed": {"reason": "lost_contact", "by": "supervisor@example.org"}}},
                    "closing proposed by supervisor@example.org: lost_contact; it waits for another person's word",
                ),
                (
                    {"closing": None, "closure": {"reason": "departed", "at": "2026-04-15T15:00:00+00:00"}},
                    "closed on 2026-04-15: departed",
                ),
            )
        ),
    ],
)
def test_a_result_is_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str],
    tell: Callable[[dict[str, Any]], None],
    result: dict[str, Any],
    told: str,
) -> None:
    tell(result)
    assert capsys.readouterr().out == told + "\n"


@pytest.mark.parametrize("option", ["--out", "--form"])
def test_a_file_that_cannot_be_written_is_told_by_the_option_that_named_it(
    option: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput) as fault:
        common.written(tmp_path / "none" / "form.json", b"{}", option)
    assert [(p.field, p.code) for p in fault.value.problems] == [(option, "not_written")]
