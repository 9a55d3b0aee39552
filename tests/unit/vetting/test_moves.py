"""What a move to another home starts again, and what it leaves alone."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from integrations.move_rules import NEWEST, move_rules, moves_text
from models.errors import BadInput
from models.states import CheckKind, CheckState
from tests.unit.vetting.scenes import NOW, P2025, a_check, submitted
from vetting.checks import RequiredCheck, Standing, status
from vetting.moves import Home, is_of_an_earlier_home, parse_move_rules

DIGESTS = Path(__file__).parents[1] / "policy_digests.toml"
HOME = Home(NOW, "TX")
BEFORE = NOW - timedelta(microseconds=1)


def test_a_merged_version_is_never_edited_and_claims_no_source_that_it_has_not() -> None:
    known = tomllib.loads(DIGESTS.read_text(encoding="utf-8"))["moves"]
    assert known == {NEWEST: sha256(moves_text().encode()).hexdigest()}
    assert all(line.source and line.unverified for line in move_rules().checks)
    with pytest.raises(BadInput):
        parse_move_rules(moves_text().replace("fbi_name", "horoscope"))


@pytest.mark.parametrize(
    ("kind", "subject", "jurisdiction", "asked_at", "again"),
    [
        (CheckKind.PUBLIC_RECORDS, "sponsor", None, BEFORE, True),
        (CheckKind.PUBLIC_RECORDS, "household:0", None, BEFORE, True),
        (CheckKind.PUBLIC_RECORDS, "sponsor", None, NOW, False),  # asked for with the new home
        (CheckKind.PUBLIC_RECORDS, "sponsor", None, None, False),  # not asked for yet
        (CheckKind.PUBLIC_RECORDS, "alternate_caregiver", None, BEFORE, False),
        (CheckKind.SEX_OFFENDER_REGISTRY, "sponsor", None, BEFORE, True),
        (CheckKind.FBI_FINGERPRINT, "sponsor", None, BEFORE, True),
        (CheckKind.FBI_NAME, "sponsor", None, BEFORE, True),
        (CheckKind.CHILD_ABUSE_REGISTRY, "sponsor", "TX", BEFORE, True),
        (CheckKind.CHILD_ABUSE_REGISTRY, "sponsor", "OK", BEFORE, False),  # a state that was left
        (CheckKind.STATE_CRIMINAL, "sponsor", "TX", BEFORE, False),  # of an arrest, wherever one lives
    ],
)
def test_what_looks_at_the_home_is_asked_for_again_when_the_home_is_another(
    kind: CheckKind, subject: str, jurisdiction: str | None, asked_at: datetime | None, again: bool
) -> None:
    found = is_of_an_earlier_home(
        kind, subject, jurisdiction, asked_at=asked_at, home=HOME, rules=move_rules()
    )
    assert found is again


@pytest.mark.parametrize(
    ("state", "stands"),
    [
        (CheckState.CLEAR, Standing.STALE),
        (CheckState.PENDING, Standing.PENDING),  # its answer will be of the old home, and then stale
        (CheckState.HIT_BAR, Standing.HIT_BAR),  # no move takes back what is known
    ],
)
def test_a_result_of_an_earlier_home_is_no_answer_and_a_hit_stays(
    state: CheckState, stands: Standing
) -> None:
    rule = next(rule for rule in P2025.checks if rule.item is CheckKind.PUBLIC_RECORDS)
    facts = submitted(checks=(a_check(CheckKind.PUBLIC_RECORDS, state, of_earlier_home=True),))
    assert status(facts, RequiredCheck(rule, "sponsor"), NOW).value is stands
