"""Settings become adapters: the only place that knows every provider."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from integrations.database import make_engine
from integrations.kit import Kit
from integrations.messaging.invented import InventedPhones
from integrations.settings import Settings
from integrations.vault import Vault
from models.errors import BadInput, Problem

if TYPE_CHECKING:
    from integrations.background.clearline import Clearline
    from integrations.documents.reader import ReaderProcess
    from integrations.messaging.twilio import TwilioMessenger
    from integrations.postal.usps import Usps


@dataclass(frozen=True, slots=True)
class Providers:
    """Where the outside services are, and how we prove who we are. Secrets never reach a log."""

    twilio_url: str
    twilio_sid: str
    twilio_token: str
    twilio_from: str
    background_url: str
    background_token: str
    background_secret: str
    postal_url: str
    postal_id: str
    postal_secret: str


def providers_from(settings: Settings) -> Providers:
    """The providers that the settings name.

    Raises:
        BadInput: one lacks an address or a credential; every missing setting is named at once.
    """
    wanted = {
        "twilio_account_sid": settings.twilio_account_sid,
        "twilio_auth_token": settings.twilio_auth_token,
        "twilio_from_number": settings.twilio_from_number,
        "background_url": settings.background_url,
        "background_token": settings.background_token,
        "background_webhook_secret": settings.background_webhook_secret,
        "postal_url": settings.postal_url,
        "postal_client_id": settings.postal_client_id,
        "postal_client_secret": settings.postal_client_secret,
    }
    missing = [name for name, value in wanted.items() if not value]
    if missing:
        raise BadInput(
            [
                Problem(
                    f"KINLINE_{name.upper()}",
                    "missing_setting",
                    "Production needs this setting.",
                    "Set it; docs/settings.md says what it is.",
                )
                for name in missing
            ]
        )

    def plain(name: str) -> str:
        value = wanted[name]
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)

    return Providers(
        twilio_url=settings.twilio_url or "https://api.twilio.com",
        twilio_sid=plain("twilio_account_sid"),
        twilio_token=plain("twilio_auth_token"),
        twilio_from=plain("twilio_from_number"),
        background_url=plain("background_url"),
        background_token=plain("background_token"),
        background_secret=plain("background_webhook_secret"),
        postal_url=plain("postal_url"),
        postal_id=plain("postal_client_id"),
        postal_secret=plain("postal_client_secret"),
    )


def make_vault(settings: Settings, keys_folder: Path) -> Vault:
    """The vault of the settings' keys, or of keys that are made once in the private folder.

    Raises:
        BadInput: the settings hold one key without the other, or one that cannot be used.
    """
    if settings.vault_keys is None and settings.blind_key is None:
        return _vault_of(_kept_keys(keys_folder))
    if settings.vault_keys is None or settings.blind_key is None:
        raise BadInput(
            Problem(
                "KINLINE_VAULT_KEYS",
                "missing_setting",
                "KINLINE_VAULT_KEYS and KINLINE_BLIND_KEY belong together.",
                "Set both, or neither.",
            )
        )
    keys = dict(pair.split(":", 1) for pair in settings.vault_keys.get_secret_value().split(","))
    return _vault_of({"keys": keys, "blind": settings.blind_key.get_secret_value()})


def _vault_of(kept: dict[str, object]) -> Vault:
    try:
        keys: dict[str, str] = dict(kept["keys"])  # type: ignore[call-overload]
        return Vault({int(i): bytes.fromhex(k) for i, k in keys.items()}, bytes.fromhex(str(kept["blind"])))
    except (ValueError, TypeError):
        raise BadInput(
            Problem(
                "KINLINE_VAULT_KEYS", "wrong_value", "A key is not 64 hex digits.", "See docs/settings.md."
            )
        ) from None


def _kept_keys(folder: Path) -> dict[str, object]:
    path = folder / "vault.json"
    made = {"keys": {"1": secrets.token_hex(32)}, "blind": secrets.token_hex(32)}
    try:
        # O_EXCL: of two commands that begin at once, one makes the keys and the other reads them.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        kept: dict[str, object] = json.loads(path.read_text())
        return kept
    with os.fdopen(handle, "w") as file:
        json.dump(made, file)
        file.flush()
        os.fsync(file.fileno())
    return dict(made)


def make_kit(
    settings: Settings,
    *,
    database_url: str,
    vault: Vault,
    providers: Providers | None,
    public_url: str,
    clock: Callable[[], datetime],
    timeout: timedelta | None = None,
) -> Kit:
    """The kit of this process; each service is made, and its library loaded, when it is first asked for."""
    kit = Kit(
        engine=make_engine(database_url), vault=vault, settings=settings, public_url=public_url.rstrip("/")
    )

    def reader() -> ReaderProcess:
        from integrations.documents.reader import ReaderProcess

        process = ReaderProcess()
        kit.closers.append(process.close)
        return process

    kit.make_reader = reader  # it is ours: no provider is asked
    if providers is None:
        return kit
    wait = timeout or settings.twilio_timeout
    kit.twilio_auth_token = providers.twilio_token
    kit.background_secret = providers.background_secret
    if settings.environment == "sandbox":
        kit.phones = InventedPhones(providers.twilio_url, providers.twilio_from)

    def messenger() -> TwilioMessenger:
        from integrations.messaging.twilio import TwilioMessenger

        return TwilioMessenger(
            account_sid=providers.twilio_sid,
            auth_token=providers.twilio_token,
            from_number=providers.twilio_from,
            base_url=providers.twilio_url,
            timeout=wait.total_seconds(),
        )

    def background() -> Clearline:
        from integrations.background.clearline import Clearline

        client = Clearline(base_url=providers.background_url, token=providers.background_token)
        kit.closers.append(client.close)
        return client

    def postal() -> Usps:
        from integrations.postal.usps import Usps

        client = Usps(
            base_url=providers.postal_url,
            client_id=providers.postal_id,
            client_secret=providers.postal_secret,
            clock=clock,
        )
        kit.closers.append(client.close)
        return client

    kit.make_messenger, kit.make_background, kit.make_postal = messenger, background, postal
    return kit
