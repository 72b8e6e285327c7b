"""Identity rules: which vendor, model, kind and serial number a device has, read from YAML files beside this module."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from cmdb.discovery.client import Value
from cmdb.discovery.errors import DiscoveryFailure
from cmdb.discovery.facts import KINDS, Kind, SystemFacts
from cmdb.discovery.values import serial, text

_ENTERPRISES: Final = "1.3.6.1.4.1."
_DESCRIPTION_MAX_LENGTH: Final = 500
_KEYS: Final = frozenset(
    {"vendor", "kind", "enterprises", "object_ids", "descriptions", "serial", "model", "firmware", "probes"}
)
_OID: Final = re.compile(r"[0-9]+(\.[0-9]+)*")
_DEVICE_ID_MODEL: Final = re.compile(r"(?:^|;)\s*(?:MDL|MODEL):([^;]{1,100})", re.I)


class InvalidProfile(DiscoveryFailure):
    """A profile that cannot be used; the text names the file and the field."""


@dataclass(frozen=True, slots=True)
class DescriptionRule:
    """A pattern for sysDescr whose groups may be named model, firmware and serial."""

    pattern: re.Pattern[str]
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class ObjectIdRule:
    """What a prefix of sysObjectID says."""

    model: str | None = None
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """The rules of one vendor or family; ``probes`` are OIDs that show it where sysObjectID names only the agent."""

    name: str
    vendor: str | None
    kind: Kind | None = None
    enterprises: tuple[int, ...] = ()
    object_ids: Mapping[str, ObjectIdRule] = field(default_factory=dict)
    descriptions: tuple[DescriptionRule, ...] = ()
    serial: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    firmware: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()

    @property
    def oids(self) -> tuple[str, ...]:
        """The objects that the profile wants to read."""
        return self.serial + self.model + self.firmware


@dataclass(frozen=True, slots=True)
class Identity:
    """What the rules found; None where they found nothing."""

    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    firmware: str | None = None
    kind: Kind | None = None


class ProfileSet:
    """All profiles, found by enterprise number, then by probes."""

    def __init__(self, profiles: Iterable[Profile], vendors: Mapping[int, str]) -> None:
        self.profiles = tuple(profiles)
        self._vendors = vendors
        self._by_enterprise = {number: one for one in self.profiles for number in one.enterprises}
        self.probes = {oid: one for one in self.profiles for oid in one.probes}

    def match(self, object_id: str) -> Profile:
        """Return the profile of an enterprise number; an unknown one has a profile that knows its vendor at most."""
        enterprise = enterprise_number(object_id)
        if enterprise is None:
            return Profile("unknown", None)
        return self._by_enterprise.get(enterprise) or Profile("unknown", self._vendors.get(enterprise))

    def probed(self, answers: Mapping[str, Value]) -> Profile | None:
        """Return the profile whose probe was answered."""
        return next((self.probes[oid] for oid in self.probes if text(answers.get(oid))), None)

    def is_generic(self, profile: Profile) -> bool:
        """Whether the profile says only which agent software answers, so that probes are worth a request."""
        return profile.name in ("net-snmp", "unknown")


def enterprise_number(object_id: str) -> int | None:
    """Return the enterprise number in a sysObjectID."""
    if not object_id.startswith(_ENTERPRISES):
        return None
    first = object_id.removeprefix(_ENTERPRISES).partition(".")[0]
    return int(first) if first.isdigit() else None


def identify(profile: Profile, system: SystemFacts, answers: Mapping[str, Value]) -> Identity:
    """Apply a profile to what the device answered: its objects win over sysDescr, and that over sysObjectID."""
    by_object_id = _longest_prefix(profile.object_ids, system.object_id)
    rule, groups = _described(profile.descriptions, system.description)
    return Identity(
        vendor=profile.vendor,
        model=_first_model(profile.model, answers) or groups.get("model") or by_object_id.model,
        serial=_first_serial(profile.serial, answers) or serial(groups.get("serial")),
        firmware=_first_text(profile.firmware, answers) or groups.get("firmware"),
        kind=(rule.kind if rule else None) or by_object_id.kind or profile.kind,
    )


def _longest_prefix(rules: Mapping[str, ObjectIdRule], object_id: str) -> ObjectIdRule:
    parts = object_id.split(".")
    for length in range(len(parts), 0, -1):
        rule = rules.get(".".join(parts[:length]))
        if rule is not None:
            return rule
    return ObjectIdRule()


def _described(rules: Iterable[DescriptionRule], description: str) -> tuple[DescriptionRule | None, dict[str, str]]:
    bounded = " ".join(description[:_DESCRIPTION_MAX_LENGTH].split())
    for rule in rules:
        found = rule.pattern.search(bounded)
        if found:
            return rule, {name: value.strip() for name, value in found.groupdict().items() if value}
    return None, {}


def _first_text(oids: Iterable[str], answers: Mapping[str, Value]) -> str | None:
    return next((found for oid in oids if (found := text(answers.get(oid), limit=100))), None)


def _first_serial(oids: Iterable[str], answers: Mapping[str, Value]) -> str | None:
    return next((found for oid in oids if (found := serial(answers.get(oid)))), None)


def _first_model(oids: Iterable[str], answers: Mapping[str, Value]) -> str | None:
    return next((found for oid in oids if (found := _model(answers.get(oid)))), None)


def _model(value: Value | None) -> str | None:
    """Return a model, also from an IEEE 1284 device identifier such as ``MFG:X;MDL:Y;``."""
    found = text(value, limit=400)
    device_id = _DEVICE_ID_MODEL.search(found)
    return (device_id[1].strip() if device_id else found[:100]) or None


@cache
def load_profiles() -> ProfileSet:
    """Read and check all profiles, once a process."""
    folder = files("cmdb.discovery") / "profiles"
    documents = {entry.name.removesuffix(".yaml"): entry.read_text("utf-8") for entry in folder.iterdir()}
    vendors = yaml.safe_load(documents.pop("vendors"))
    return ProfileSet(_parse_all(documents), {int(number): str(name) for number, name in vendors.items()})


def _parse_all(documents: Mapping[str, str]) -> Iterator[Profile]:
    for file_name in sorted(documents):
        for name, content in yaml.safe_load(documents[file_name]).items():
            yield parse_profile(str(name), content)


def parse_profile(name: str, content: Mapping[str, Any]) -> Profile:
    """Build a profile from its YAML content; raises InvalidProfile that names the field."""
    unknown = set(content) - _KEYS
    if unknown:
        raise InvalidProfile(f"profile {name}: unknown field {min(unknown)}")
    return Profile(
        name=name,
        vendor=content.get("vendor"),
        kind=_kind(name, content.get("kind")),
        enterprises=tuple(int(number) for number in content.get("enterprises", ())),
        object_ids=_object_id_rules(name, content.get("object_ids", {})),
        descriptions=tuple(_description_rule(name, rule) for rule in content.get("descriptions", ())),
        serial=_oids(name, content, "serial"),
        model=_oids(name, content, "model"),
        firmware=_oids(name, content, "firmware"),
        probes=_oids(name, content, "probes"),
    )


def _oids(name: str, content: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(_oid(name, oid) for oid in content.get(key, ()))


def _oid(name: str, oid: object) -> str:
    if not isinstance(oid, str) or not _OID.fullmatch(oid):
        raise InvalidProfile(f"profile {name}: {oid!r} is no OID")
    return oid


def _kind(name: str, kind: Any) -> Kind | None:
    if kind is not None and kind not in KINDS:
        raise InvalidProfile(f"profile {name}: kind {kind!r} is not one of {', '.join(KINDS)}")
    checked: Kind | None = kind
    return checked


def _object_id_rules(name: str, rules: Mapping[str, Any]) -> dict[str, ObjectIdRule]:
    return {_oid(name, oid): _object_id_rule(name, rule) for oid, rule in rules.items()}


def _object_id_rule(name: str, rule: Mapping[str, Any]) -> ObjectIdRule:
    return ObjectIdRule(model=rule.get("model"), kind=_kind(name, rule.get("kind")))


def _description_rule(name: str, rule: Mapping[str, Any]) -> DescriptionRule:
    try:
        pattern = re.compile(rule["pattern"], re.I)
    except (KeyError, re.error) as error:
        raise InvalidProfile(f"profile {name}: descriptions: pattern: {error}") from error
    return DescriptionRule(pattern, _kind(name, rule.get("kind")))
