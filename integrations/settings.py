"""The one tree of settings, read here and nowhere else. Policy numbers are not settings.

Every variable begins with ``KINLINE_``. A variable with that beginning that nobody knows stops the
program: a misspelt setting that is silently ignored is a setting that is wrong.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Literal
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from models.errors import BadInput, Problem

PREFIX = "KINLINE_"


class Settings(BaseSettings):
    """What differs from one installation to the next."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load_settings` was given: it alone reads the environment."""
        return (init_settings,)

    home: str | None = Field(
        default=None, description="Folder of the embedded data. Default: .kinline in the clone."
    )
    environment: Literal["sandbox", "production"] = Field(
        default="sandbox", description="Production refuses a sandbox database and sandbox parts."
    )
    database_url: SecretStr | None = Field(
        default=None, description="A PostgreSQL 15 or newer of your own. Default: the embedded one."
    )
    public_url: str | None = Field(
        default=None, description="The address that Twilio calls and signs. Default: the console's own."
    )
    prefect_api_url: str | None = Field(
        default=None, description="A Prefect server of your own. Default: one that Kinline starts."
    )
    console_port: int = Field(default=8600, ge=0, le=65535, description="Port of the console; 0 takes any.")
    time_zone: str = Field(
        default="America/New_York", description="Zone of the pages' times for who has chosen none."
    )
    vault_keys: SecretStr | None = Field(
        default=None,
        description="Sealing keys as id:hex pairs with commas. Default: made in the home folder.",
    )
    blind_key: SecretStr | None = Field(
        default=None, description="Key of the blind indexes, 64 hex digits. Default: made in the home folder."
    )
    twilio_url: str | None = Field(
        default=None,
        description="Where Twilio is. Default: the sandbox; in production https://api.twilio.com.",
    )
    twilio_account_sid: str | None = Field(default=None, description="Twilio account, begins with AC.")
    twilio_auth_token: SecretStr | None = Field(default=None, description="Twilio's token. Never logged.")
    twilio_from_number: str | None = Field(default=None, description="The number that texts come from.")
    twilio_timeout: timedelta = Field(default=timedelta(seconds=10), description="Per request to Twilio.")
    twilio_handles_stop: bool = Field(
        default=True, description="Twilio itself confirms STOP and START, its default; we only record them."
    )
    background_url: str | None = Field(default=None, description="Where the background-check provider is.")
    background_token: SecretStr | None = Field(default=None, description="Token for that provider.")
    background_webhook_secret: SecretStr | None = Field(
        default=None, description="Secret that signs that provider's results."
    )
    postal_url: str | None = Field(default=None, description="Where the USPS Addresses v3 service is.")
    postal_client_id: str | None = Field(default=None, description="OAuth client of the postal service.")
    postal_client_secret: SecretStr | None = Field(default=None, description="Its secret.")
    postal_per_second: float = Field(
        default=10, gt=0, le=100_000, description="Look-ups a second at most, in the address round."
    )
    postal_at_once: int = Field(
        default=4, ge=1, le=64, description="Look-ups under way at a time, in the address round."
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("no time zone has this name; one is America/Chicago")
        return value


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process.

    Raises:
        BadInput: a value cannot be used, or a variable with our prefix is not one of ours.
    """
    environ = os.environ if environ is None else environ
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    strangers = sorted(name for name in environ if name.startswith(PREFIX) and name not in known)
    if strangers:
        raise BadInput(
            [
                Problem(name, "unknown_setting", "Kinline has no such setting.", "See docs/settings.md.")
                for name in strangers
            ]
        )
    values = {
        name: environ[f"{PREFIX}{name.upper()}"]
        for name in Settings.model_fields
        if environ.get(f"{PREFIX}{name.upper()}")
    }
    try:
        return Settings(**values)  # type: ignore[arg-type]
    except ValidationError as err:
        raise BadInput(
            [
                Problem(
                    f"{PREFIX}{str(e['loc'][0]).upper()}",
                    "wrong_value",
                    f"{e['msg']}.",
                    "See docs/settings.md.",
                )
                for e in err.errors(include_input=False, include_url=False)
            ]
        ) from None
