"""What every policy version is made of: lines with their rule and source, and the orders that suspend them.

A policy version is a TOML file (``vetting/policies``, ``followup/policies``). Every line carries the
rule's id, its source, and `unverified` where the source could not be read. `models.vetting_policy` and
`models.followup_policy` say which lines exist; what they mean is decided in `vetting` and `followup`. Numbers live in the files alone.
"""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Suspension(Frozen):
    """A court's order that stops a version or a line of it, for the children whom it names by their custody.

    Both ends of the custody window are included; none given means every child.
    """

    order: str
    since: date
    until: date | None = None
    entered_care_from: date | None = None
    entered_care_until: date | None = None


class Line(Frozen):
    """One rule. `active = false` keeps a line on record that is not in force."""

    rule: str
    source: str
    unverified: bool = False
    active: bool = True
    suspended_by: tuple[Suspension, ...] = ()
