"""What a text costs, by a versioned price file."""

from __future__ import annotations

import pytest
from followup_builders import ROOM
from hypothesis import given
from hypothesis import strategies as st

from followup.catalog import fold_to_gsm, segments
from followup.pricing import parse_prices
from integrations.messaging.segments import count
from models.errors import BadInput

TEXT = (ROOM / "prices" / "sms-1.toml").read_text(encoding="utf-8")


def test_a_price_nobody_could_read_is_marked():
    prices = parse_prices(TEXT)
    assert prices.unverified
    assert prices.source
    assert prices.cost(0) == 0
    assert prices.cost(1000) == pytest.approx(1000 * (prices.per_part + prices.carrier_fee_per_part))


@pytest.mark.parametrize(
    ("old", "new"), [("per_part = 0.0083", ""), ("0.0083", "-1"), ("unverified = true", "x =")]
)
def test_a_wrong_price_file_is_refused(old, new):
    with pytest.raises(BadInput):
        parse_prices(TEXT.replace(old, new, 1))


@given(st.text(max_size=400))
def test_the_two_counts_of_parts_agree(body):
    assert segments(fold_to_gsm(body)) == count(fold_to_gsm(body)).parts
