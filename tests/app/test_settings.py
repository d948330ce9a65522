from __future__ import annotations

import pytest

from app.settings import Settings, SettingsError


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_environment({"HOME": "/root"}) == Settings()


def test_each_setting_is_read_with_its_type() -> None:
    settings = Settings.from_environment(
        {
            "CHALKGRAD_HOST": "0.0.0.0",
            "CHALKGRAD_PORT": "9000",
            "CHALKGRAD_SLICE_SECONDS": "0.002",
            "CHALKGRAD_DEVELOPMENT": "1",
        }
    )

    assert settings == Settings(host="0.0.0.0", port=9000, slice_seconds=0.002, development=True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CHALKGRAD_PROT", "9000"),
        ("CHALKGRAD_PORT", "many"),
        ("CHALKGRAD_PORT", "1.5"),
        ("CHALKGRAD_MAX_SESSIONS", "-1"),
        ("CHALKGRAD_SLICE_SECONDS", "nan"),
        ("CHALKGRAD_SLICE_SECONDS", "inf"),
        ("CHALKGRAD_DEVELOPMENT", "perhaps"),
    ],
)
def test_what_cannot_be_used_is_named(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({name: text})


def test_every_setting_is_documented() -> None:
    documented = Settings.__doc__ or ""

    assert [name for name in Settings.__dataclass_fields__ if f"        {name}: " not in documented] == []
