"""Every table, imported in one place, for migrations and for tests that compare the two."""

from sqlmodel import SQLModel

from models.tables import (
    checks,
    closing,
    concentration,
    court,
    explaining,
    hearing_list,
    homes,
    ladder,
    ledger,
    likeness,
    linkage,
    paging,
    papers,
    people,
    policies,
    reports,
    roster,
    sign_in,
    studies,
    system,
    vetting,
)

METADATA = SQLModel.metadata
__all__ = [
    "METADATA",
    "checks",
    "closing",
    "concentration",
    "court",
    "explaining",
    "hearing_list",
    "homes",
    "ladder",
    "ledger",
    "likeness",
    "linkage",
    "paging",
    "papers",
    "people",
    "policies",
    "reports",
    "roster",
    "sign_in",
    "studies",
    "system",
    "vetting",
]
