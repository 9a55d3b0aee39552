"""Settings: a stranger among the variables stops the program, and no secret is ever shown."""

from __future__ import annotations

import pickle
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from integrations.settings import PREFIX, Settings, load_settings
from models.errors import BadInput

SECRETS = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]


def problem_of(environ: dict[str, str]) -> Any:
    with pytest.raises(BadInput) as caught:
        load_settings(environ)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


def test_an_empty_environment_is_a_sandbox_with_defaults() -> None:
    settings = load_settings({})
    assert settings.environment == "sandbox"
    assert settings.console_port == 8600
    assert [name for name in SECRETS if getattr(settings, name) is not None] == []


def test_a_misspelt_setting_is_refused_by_name() -> None:
    problem = problem_of({"KINLINE_CONSOLE_PROT": "1"})
    assert (problem.field, problem.code) == ("KINLINE_CONSOLE_PROT", "unknown_setting")


def test_every_stranger_is_named_at_once_and_other_programs_variables_are_let_be() -> None:
    with pytest.raises(BadInput) as caught:
        load_settings(
            {"KINLINE_B": "1", "KINLINE_A": "2", "PREFECT_API_URL": "x", "HOME": "/root", "CONSOLE_PORT": "x"}
        )
    assert [problem.field for problem in caught.value.problems] == ["KINLINE_A", "KINLINE_B"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONSOLE_PORT", "many"),
        ("CONSOLE_PORT", "65536"),
        ("CONSOLE_PORT", "-1"),
        ("ENVIRONMENT", "staging"),
        ("TWILIO_TIMEOUT", "soon"),
        ("TIME_ZONE", "Mars/Olympus"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: str) -> None:
    problem = problem_of({PREFIX + name: value})
    assert (problem.field, problem.code) == (PREFIX + name, "wrong_value")
    assert value not in problem.message


def test_values_arrive() -> None:
    settings = load_settings(
        {
            "KINLINE_CONSOLE_PORT": "0",
            "KINLINE_TWILIO_TIMEOUT": "PT3S",
            "KINLINE_TWILIO_AUTH_TOKEN": "not-a-real-token",
            "KINLINE_ENVIRONMENT": "production",
        }
    )
    assert settings.console_port == 0
    assert settings.twilio_timeout == timedelta(seconds=3)
    assert settings.twilio_auth_token == SecretStr("not-a-real-token")
    assert settings.environment == "production"


def test_an_empty_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings({"KINLINE_CONSOLE_PORT": ""}).console_port == 8600
    monkeypatch.setenv("KINLINE_CONSOLE_PORT", "")
    assert load_settings().console_port == 8600


def test_the_environment_that_is_given_is_the_one_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINLINE_CONSOLE_PORT", "1234")
    assert load_settings({}).console_port == 8600
    assert load_settings().console_port == 1234


def test_no_secret_shows_in_a_repr_a_dump_or_an_error() -> None:
    assert SECRETS
    settings = load_settings({PREFIX + name.upper(): "hush-hush" for name in SECRETS})
    for shown in (repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump())):
        assert "hush-hush" not in shown
    assert all(getattr(settings, name).get_secret_value() == "hush-hush" for name in SECRETS)


def test_whatever_sounds_secret_is_a_secret() -> None:
    sounds = [
        name
        for name in Settings.model_fields
        if name.endswith(("token", "secret", "key", "keys", "database_url"))
    ]
    assert sorted(sounds) == sorted(SECRETS)


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_settings_are_not_changed_after_they_are_read() -> None:
    settings = load_settings({})
    with pytest.raises(ValidationError):
        settings.console_port = 1  # type: ignore[misc]


def test_a_refused_setting_survives_pickling() -> None:
    with pytest.raises(BadInput) as caught:
        load_settings({"KINLINE_NOPE": "1"})
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems
