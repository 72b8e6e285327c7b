"""Typed settings from `ITSM_*` environment variables and `config/*.toml`, read and checked once at start.

An environment variable beats `config/local.toml`, which beats `config/default.toml`, which beats the default here.
"""

import ipaddress
import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from limits import parse as parse_rate

from config.priorities import noop

ROOT = Path(__file__).resolve().parent.parent
KNOWN_SECRETS = frozenset({"", "changeme", "change-me", "secret", "dev", "development", "itsm", "password"})
SHORTEST_SECRET = 24

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(Exception):
    """A setting is missing or wrong; the text says which one and what to do."""


def setting(default: Any, title: str, *, secret: bool = False) -> Any:
    """Declare one setting: its default, what it is for (marked with `noop`), and whether it is masked when printed."""
    return field(default=default, metadata={"title": title, "secret": secret})


@dataclass(frozen=True)
class Settings:
    """Every setting of a process. Durations are seconds, sizes are bytes."""

    # Each default is a dataclass field that also carries the setting's title, so calls are meant here.
    demo: bool = setting(True, noop("demo mode: demo organisation on an empty database, generated secrets"))
    data_dir: Path = setting(ROOT / "var", noop("folder for the SQLite database, files, generated secrets"))
    database_url: str = setting(
        "", noop("SQLAlchemy address of the database; empty means SQLite in the data folder"), secret=True
    )
    secret_key: str = setting("", noop("key that signs sessions, links and message ids"), secret=True)
    audit_key: str = setting("", noop("key of the audit chain; empty derives one from the secret key"), secret=True)
    base_url: str = setting("", noop("address people reach the system at; empty derives it from host and port"))
    host: str = setting("127.0.0.1", noop("address the web server listens on"))
    port: int = setting(8000, noop("port the web server listens on"))
    web_workers: int = setting(2, noop("web server processes"))
    web_threads: int = setting(4, noop("threads in each web server process"))
    trusted_proxies: int = setting(0, noop("number of reverse proxies whose X-Forwarded-* headers count"))
    timezone: str = setting("Europe/Stockholm", noop("time zone of the site, for people who have not chosen one"))
    language: str = setting("en", noop("language of the site, for people who have not chosen one"))
    organisation_name: str = setting("itsm", noop("name shown in the shell and in mails"))
    smtp_url: str = setting(
        "", noop("smtp://[user:password@]host:port for outgoing mail; empty holds mail in the outbox"), secret=True
    )
    mail_from: str = setting(
        "servicedesk@localhost.localdomain", noop("sender of outgoing mail where no mailbox sends it")
    )
    mail_limit_bytes: int = setting(25 * 1024 * 1024, noop("largest mail whose attachments are kept"))
    mail_bounce_address: str = setting(
        "",
        noop("envelope sender of all mail, where delivery reports go; empty sends notifications with the null sender"),
    )
    mail_answers_per_hour: int = setting(
        10, noop("most confirmations that one address gets in an hour, over all tickets")
    )
    mail_notices_per_hour: int = setting(
        20, noop("most notifications that one address gets in an hour about one ticket")
    )
    mail_authserv_id: str = setting(
        "", noop("name with which our own mail server signs Authentication-Results; empty trusts no sender as an agent")
    )
    mail_unknown_senders: bool = setting(
        True, noop("whether mail without a mailbox may come from people nobody knows yet")
    )
    upload_limit_bytes: int = setting(26 * 1024 * 1024, noop("largest upload"))
    attachment_limit_bytes: int = setting(20 * 1024 * 1024, noop("largest attachment"))
    upload_bytes_per_day: int = setting(
        500 * 1024 * 1024, noop("most bytes of files that one person may send in 24 hours")
    )
    upload_files_per_day: int = setting(300, noop("most files that one person may send in 24 hours"))
    session_idle_seconds: int = setting(8 * 3600, noop("idle time after which a session ends"))
    session_longest_seconds: int = setting(24 * 3600, noop("time after sign-in at which a session ends, idle or not"))
    api_rate: str = setting("600 per minute", noop("rate limit of the API for each person"))
    login_rate: str = setting("20 per minute", noop("rate limit of the login for each address"))
    search_rate: str = setting("120 per minute", noop("rate limit of searching for each person"))
    dashboard_rate: str = setting("600 per minute", noop("rate limit of tiles of dashboards for each person"))
    export_rate: str = setting("20 per minute", noop("rate limit of exports for each person"))
    redis_url: str = setting(
        "",
        noop("redis://host:port/number that counts rates for several machines; empty counts on this machine"),
        secret=True,
    )
    inventory_rate: str = setting("240 per minute", noop("rate limit of inventories for each address"))
    inventory_secret: str = setting(
        "", noop("password that inventory agents send by HTTP basic authentication"), secret=True
    )
    inventory_networks: str = setting("", noop("networks whose agents need no password, separated by commas"))
    metrics_networks: str = setting("127.0.0.0/8,::1/128", noop("networks that may read /metrics"))
    outgoing_networks: str = setting(
        "", noop("inside networks that webhooks and calendar feeds may reach, separated by commas")
    )
    reopen_days: int = setting(14, noop("days after resolution within which a requester may reopen"))
    close_after_days: int = setting(7, noop("days after which a resolved incident closes by itself"))
    log_level: str = setting("INFO", noop("level of the log"))
    testing: bool = setting(False, noop("test mode: no rate limits, no secure cookies"))

    @property
    def installation(self) -> str:
        """A short name of this installation, part of every Message-ID it issues."""
        return self.public_url.split("//", 1)[-1].split("/", 1)[0].split(":", 1)[0]

    @property
    def public_url(self) -> str:
        """The address that links in mails and labels point to, without a slash at its end."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")


@dataclass(frozen=True)
class SettingSource:
    """One setting as it is in force: name, value as text (secrets masked) and where it came from."""

    name: str
    value: str
    source: str
    title: str


def _toml_values(folder: Path) -> dict[str, tuple[Any, str]]:
    values: dict[str, tuple[Any, str]] = {}
    for name in ("default.toml", "local.toml"):
        path = folder / name
        if path.exists():
            for key, value in tomllib.loads(path.read_text("utf-8")).items():
                values[key] = (value, f"config/{name}")
    return values


def _convert(name: str, kind: Any, value: Any) -> Any:
    if kind is bool:
        text = str(value).strip().lower()
        if text not in {"0", "1", "true", "false", "yes", "no"}:
            raise SettingsError(f"ITSM_{name.upper()} must be 1 or 0, not {value!r}.")
        return text in {"1", "true", "yes"}
    try:
        return kind(value)
    except ValueError as error:
        raise SettingsError(f"ITSM_{name.upper()} must be a number, not {value!r}.") from error


def _collect(environ: Mapping[str, str], folder: Path) -> dict[str, tuple[Any, str]]:
    hints = get_type_hints(Settings)
    found = _toml_values(folder)
    unknown = found.keys() - hints.keys()
    if unknown:
        raise SettingsError(f"config/*.toml has settings nobody knows: {', '.join(sorted(unknown))}.")
    for name in hints:
        variable = f"ITSM_{name.upper()}"
        if variable in environ:
            found[name] = (environ[variable], variable)
        elif f"{variable}_FILE" in environ:
            found[name] = (Path(environ[f"{variable}_FILE"]).read_text("utf-8").strip(), f"{variable}_FILE")
    return {name: (_convert(name, hints[name], value), source) for name, (value, source) in found.items()}


def _demo_secret(data_dir: Path) -> str:
    path = data_dir / "secret.key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), "utf-8")
    return path.read_text("utf-8").strip()


def _checked_secret(settings: dict[str, Any]) -> str:
    secret = str(settings.get("secret_key", ""))
    if not secret and settings.get("demo", True):
        return _demo_secret(settings.get("data_dir", ROOT / "var"))
    if secret.lower() in KNOWN_SECRETS or len(secret) < SHORTEST_SECRET:
        raise SettingsError(
            "ITSM_SECRET_KEY is missing, a well-known value or shorter than 24 characters. Outside demo mode it must be set. "
            "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    return secret


def networks_of(text: str) -> list[Network]:
    """The networks that a setting names, separated by commas; raises `ValueError`."""
    return [ipaddress.ip_network(each.strip(), strict=False) for each in text.split(",") if each.strip()]


def _check_meanings(settings: Settings) -> None:
    """Read what is written in a form of its own, so that a slip stops the start and not somebody's request."""
    for name in (each.name for each in fields(Settings)):
        value = getattr(settings, name)
        try:
            if name.endswith("_rate"):
                parse_rate(value)
            elif name.endswith("_networks"):
                networks_of(value)
        except ValueError as error:
            wanted = "a rate like “20 per minute”" if name.endswith("_rate") else "networks like 10.1.0.0/16"
            raise SettingsError(f"ITSM_{name.upper()} must be {wanted}, not {value!r}.") from error


def load(environ: Mapping[str, str] | None = None, folder: Path = ROOT / "config") -> Settings:
    """Read and check all settings; raises `SettingsError` that names the wrong one."""
    values = {
        name: value for name, (value, _) in _collect(environ if environ is not None else os.environ, folder).items()
    }
    values["secret_key"] = _checked_secret(values)
    values.setdefault("data_dir", ROOT / "var")
    if not values.get("database_url"):
        values["database_url"] = f"sqlite:///{values['data_dir'] / 'itsm.sqlite3'}"
    settings = Settings(**values)
    _check_meanings(settings)
    return settings


def describe(
    environ: Mapping[str, str] | None = None, folder: Path = ROOT / "config", *, in_force: Settings | None = None
) -> list[SettingSource]:
    """Every setting with its value and source, secrets masked; of a running process where `in_force` is given."""
    environment = environ if environ is not None else os.environ
    sources = {name: source for name, (_, source) in _collect(environment, folder).items()}
    settings = in_force or load(environment, folder)
    rows = []
    for item in fields(Settings):
        value = str(getattr(settings, item.name))
        shown = "********" if item.metadata["secret"] and value else value
        rows.append(SettingSource(item.name, shown, sources.get(item.name, "default"), item.metadata["title"]))
    return rows
