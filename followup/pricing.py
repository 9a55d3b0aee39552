"""What a text costs, by a versioned price file. The file's text is an argument."""

from __future__ import annotations

import tomllib
from datetime import date

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.errors import BadInput, Problem


class PriceList(BaseModel):
    """One version of what a part costs, in `currency`. `unverified`: the source could not be read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    unverified: bool
    source: str = Field(min_length=1)
    currency: str
    read_on: date
    per_part: float = Field(ge=0)
    carrier_fee_per_part: float = Field(ge=0)

    def cost(self, parts: int) -> float:
        """What so many parts cost, to a hundredth of a cent."""
        return round(parts * (self.per_part + self.carrier_fee_per_part), 4)


def parse_prices(text: str) -> PriceList:
    """The prices that this TOML text holds.

    Raises:
        BadInput: it is no TOML, or a key is missing, unknown or wrong.
    """
    try:
        return PriceList.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as err:
        raise BadInput(Problem("prices", "broken_toml", f"{err}.", "Mend that line.")) from err
    except ValidationError as err:
        raise BadInput(
            [
                Problem(
                    str(e["loc"][0]), "wrong_value", f"{e['msg']}.", "See followup/pricing.py for the form."
                )
                for e in err.errors(include_url=False, include_input=False)
            ]
        ) from None
