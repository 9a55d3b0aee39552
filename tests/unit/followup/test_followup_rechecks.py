"""What a look at a home says, what of it is news, and that no answer is never fine: by table and by property."""

from __future__ import annotations

import tomllib
from hashlib import sha256
from pathlib import Path

import pytest
from followup_builders import utc
from hypothesis import given
from hypothesis import strategies as st

from followup.rechecks import REFUSED, Known, is_clear, look_at, parse_recheck_rules
from integrations.recheck_rules import NEWEST, recheck_rules, recheck_text
from models.errors import BadInput
from models.reading import DeliveryPoint, PostalAnswer
from models.rechecks import Defect

DIGESTS = Path(__file__).parents[1] / "policy_digests.toml"
RULES = recheck_rules()
FINE = Known("deliverable", "Y")


def said(dpv: DeliveryPoint | None, business: bool = False, vacant: bool = False) -> PostalAnswer:
    return PostalAnswer(dpv, business, vacant, utc("2026-02-02T09:00"), "test")


def test_a_merged_version_is_never_edited_and_says_what_is_ours() -> None:
    known = tomllib.loads(DIGESTS.read_text(encoding="utf-8"))["rechecks"]
    assert known == {NEWEST: sha256(recheck_text().encode()).hexdigest()}
    assert (RULES.again.unverified, RULES.unclear.unverified) == (True, True)


def test_a_file_that_is_silent_about_a_defect_is_refused() -> None:
    with pytest.raises(BadInput, match="defects"):
        parse_recheck_rules(recheck_text().replace('word = "vacant"', 'word = "business"'))
    with pytest.raises(BadInput):
        parse_recheck_rules(recheck_text().replace('word = "vacant"', 'word = "haunted"'))


@pytest.mark.parametrize(
    ("known", "answer", "state", "news"),
    [
        (FINE, said("Y"), "deliverable", None),
        (FINE, said("N"), "defective", Defect.UNDELIVERABLE),
        (FINE, said("S"), "defective", Defect.UNIT_UNKNOWN),
        (FINE, said("D"), "defective", Defect.UNIT_MISSING),
        (FINE, said("Y", vacant=True), "deliverable", Defect.VACANT),
        (FINE, said("Y", business=True), "deliverable", Defect.BUSINESS),
        (FINE, said("Y", business=True, vacant=True), "deliverable", Defect.VACANT),  # the graver one
        (FINE, REFUSED, "unknown", Defect.REFUSED),
        (FINE, said(None), "unknown", Defect.UNCLEAR),
        # What stands in the file is no news.
        (Known("defective", "D"), said("D"), "defective", None),
        (Known("deliverable", "Y", business=True), said("Y", business=True), "deliverable", None),
        (Known("deliverable", "Y", business=True), said("Y", True, True), "deliverable", Defect.VACANT),
        (Known("defective", "D"), said("N"), "defective", Defect.UNDELIVERABLE),
        (Known("unknown", "Y"), REFUSED, "unknown", None),
        (Known("unknown", "Y"), said(None), "unknown", None),
        # Gone and back again is.
        (Known("deliverable", "Y"), said("D"), "defective", Defect.UNIT_MISSING),
        # Never asked before.
        (Known("stated"), said("Y"), "deliverable", None),
        (Known("stated"), said("N"), "defective", Defect.UNDELIVERABLE),
        (Known("unknown", "N"), said("N"), "defective", None),
    ],
)
def test_what_a_look_says(known: Known, answer: PostalAnswer, state: str, news: Defect | None) -> None:
    look = look_at(known, answer, RULES)
    assert (look.state, look.news.word if look.news else None) == (state, news)


ANSWERS = st.one_of(
    st.just(REFUSED),
    st.builds(said, st.sampled_from(["Y", "S", "D", "N", None]), st.booleans(), st.booleans()),
)
FILES = st.builds(
    Known,
    st.sampled_from(["stated", "deliverable", "defective", "unknown"]),
    st.sampled_from(["Y", "S", "D", "N", None]),
    st.booleans(),
    st.booleans(),
)


@given(FILES, ANSWERS)
def test_only_a_clear_yes_is_ever_deliverable(known: Known, answer: PostalAnswer) -> None:
    fine = answer != REFUSED and answer.dpv == "Y"
    assert (look_at(known, answer, RULES).state == "deliverable") is fine


@given(FILES, ANSWERS)
def test_the_same_answer_again_is_never_news(known: Known, answer: PostalAnswer) -> None:
    state = look_at(known, answer, RULES).state
    if is_clear(answer):
        then = Known(state, answer.dpv, answer.business, answer.vacant)
    else:
        then = Known(state, known.dpv, known.business, known.vacant)
    assert look_at(then, answer, RULES).news is None
