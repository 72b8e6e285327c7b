"""Settings are checked once at start."""

from pathlib import Path

import pytest

from config.settings import SettingsError, describe, load

SECRET = "a-secret-that-is-long-enough-for-it"


@pytest.mark.parametrize("secret", ["", "changeme", "secret", "short"])
def test_outside_demo_mode_a_missing_or_known_secret_stops_the_start(secret: str, tmp_path: Path) -> None:
    environment = {"ITSM_DEMO": "0", "ITSM_SECRET_KEY": secret, "ITSM_DATA_DIR": str(tmp_path)}
    with pytest.raises(SettingsError, match="ITSM_SECRET_KEY"):
        load(environment, tmp_path)


def test_demo_mode_keeps_a_secret_of_its_own(tmp_path: Path) -> None:
    first = load({"ITSM_DATA_DIR": str(tmp_path)}, tmp_path)
    again = load({"ITSM_DATA_DIR": str(tmp_path)}, tmp_path)
    assert first.secret_key == again.secret_key
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600


def test_the_environment_beats_the_file_and_unknown_settings_are_refused(tmp_path: Path) -> None:
    (tmp_path / "local.toml").write_text("port = 9000\nlanguage = 'sv'\n")
    settings = load({"ITSM_PORT": "9001", "ITSM_SECRET_KEY": SECRET}, tmp_path)
    assert (settings.port, settings.language) == (9001, "sv")
    (tmp_path / "local.toml").write_text("prot = 9000\n")
    with pytest.raises(SettingsError, match="prot"):
        load({"ITSM_SECRET_KEY": SECRET}, tmp_path)


def test_a_wrong_number_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ITSM_PORT"):
        load({"ITSM_PORT": "eight", "ITSM_SECRET_KEY": SECRET}, tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ITSM_LOGIN_RATE", "20/min"),
        ("ITSM_EXPORT_RATE", ""),
        ("ITSM_OUTGOING_NETWORKS", "10.0.0.0/8, intranet"),
        ("ITSM_METRICS_NETWORKS", "10.0.0.0/64"),
    ],
)
def test_a_rate_or_network_that_cannot_be_read_is_named(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=name):
        load({name: value, "ITSM_SECRET_KEY": SECRET}, tmp_path)


def test_secrets_are_masked_when_shown(tmp_path: Path) -> None:
    rows = describe({"ITSM_SECRET_KEY": SECRET, "ITSM_DATABASE_URL": "postgresql+psycopg://u:pw@h/d"}, tmp_path)
    shown = " ".join(row.value for row in rows)
    assert SECRET not in shown
    assert "pw@h" not in shown
    assert next(row.source for row in rows if row.name == "secret_key") == "ITSM_SECRET_KEY"
