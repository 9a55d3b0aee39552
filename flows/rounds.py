"""The rounds as flows: one run over many rows, never a run per contact. Their runs carry no ids at all."""

from __future__ import annotations

from typing import Any

from prefect import flow

from flows import equipment
from integrations.desk import address_round as homes
from integrations.desk import contacts, rounds


@flow(name="contact-round")
def contact_round() -> dict[str, int]:
    """Every try that is due is under way."""
    return contacts.contact_round(equipment.kit(), now=equipment.now())


@flow(name="lost-contact-round")
def lost_contact_round() -> dict[str, int]:
    """What is late stands on the rung where it must be."""
    return rounds.lost_contact_round(equipment.kit(), now=equipment.now())


@flow(name="check-round")
def check_round() -> dict[str, int]:
    """Checks that are due for a try or a look get it."""
    return rounds.check_round(equipment.kit(), now=equipment.now())


@flow(name="court-round")
def court_round() -> dict[str, int]:
    """Each child is looked up again at the court, and each past hearing is asked about."""
    return rounds.run_round(equipment.kit(), "court", now=equipment.now())


@flow(name="address-round")
def address_round() -> dict[str, int]:
    """Addresses are looked up again, month by month."""
    return homes.address_round(equipment.kit(), now=equipment.now())


@flow(name="account-round")
def account_round() -> dict[str, int]:
    """Accounts that nobody confirmed in time are suspended."""
    return rounds.run_round(equipment.kit(), "accounts", now=equipment.now())


@flow(name="accounting")
def accounting() -> dict[str, Any]:
    """The nightly account of every child. A silent or unanswered child fails the run, so that it is seen."""
    account = rounds.accounting_round(equipment.kit(), now=equipment.now())
    if account["silent"] or account["unanswered"]:
        raise NotAccountedFor(len(account["silent"]), len(account["unanswered"]))
    return account


class NotAccountedFor(RuntimeError):
    """Children are silent or unanswered: the run ends as failed, loudly."""

    def __init__(self, silent: int, unanswered: int) -> None:
        super().__init__(f"{silent} silent, {unanswered} unanswered: run `kinline account` for the cases")
        self.silent, self.unanswered = silent, unanswered

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.silent, self.unanswered)


ROUND_FLOWS: dict[str, Any] = {
    "contacts": contact_round,
    "lost": lost_contact_round,
    "checks": check_round,
    "court": court_round,
    "address": address_round,
    "accounts": account_round,
}
