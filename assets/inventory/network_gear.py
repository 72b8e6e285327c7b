"""The sections of switches, routers and printers, as an agent reads them by SNMP."""

from collections.abc import Iterable, Iterator, Mapping

from assets.inventory.computer import addresses
from assets.inventory.model import Component, Neighbour, PageCounter, Port, Supply, Vlan
from assets.inventory.row import Notes, Row, clean_mac, clean_text

MAX_MEMBERS = 10_000
_BITS_IN_MEGABIT = 1_000_000
_DUPLEX = {2: False, 3: True}
_ENABLED = {1: True, 2: False}
_SUPPLY_LABELS = frozenset({"name", "type", "color", "value", "unit", "max"})


def from_device_element(content: Mapping[str, object], notes: Notes) -> dict[str, object]:
    """Bring the content of an XML ``SNMPQUERY`` message into the shape of the JSON format.

    Agents send one device in a message; of several only the first is taken, with a warning.
    """
    row = Row(content, "content", notes)
    devices = list(row.rows("device"))
    if len(devices) > 1:
        notes.add("content.device", f"only the first of {len(devices)} devices was taken")
    if not devices:
        return {}
    device = devices[0]
    shaped = {
        "network_device": _shaped_info(dict(device.row("info").items())),
        "network_ports": [_shaped_port(port) for port in device.row("ports").rows("port")],
        "network_components": _listed(dict(device.row("components").items()).get("component")),
        "pagecounters": dict(device.row("pagecounters").items()),
        "cartridges": [dict(device.row("cartridges").items())],
    }
    return {key: value for key, value in shaped.items() if value and value != [{}]}


def ports(content: Row) -> tuple[Port, ...]:
    """The interfaces with what their bridge tables learned."""
    return tuple(_port(row) for row in content.rows("network_ports"))


def neighbours(content: Row) -> tuple[Neighbour, ...]:
    """The other ends of cables, from the ports that are flagged as heard by LLDP or CDP."""
    return tuple(
        _neighbour(port, connection)
        for port in content.rows("network_ports")
        if port.truth("lldp")
        for connection in port.rows("connections")
    )


def components(content: Row) -> tuple[Component, ...]:
    """The physical parts."""
    return tuple(
        Component(
            index=row.whole("index"),
            contained_index=row.whole("contained_index", "containedinindex"),
            type=row.text("type"),
            name=row.text("name"),
            description=row.text("description"),
            manufacturer=row.text("manufacturer"),
            model=row.text("model"),
            serial=row.text("serial"),
            firmware=row.text("firmware", "version"),
        )
        for row in content.rows("network_components")
    )


def page_counters(content: Row) -> tuple[PageCounter, ...]:
    """The page counters that hold a number."""
    row = content.row("pagecounters")
    counted = ((name, row.size(name)) for name, _ in row.items())
    return tuple(PageCounter(name=clean_text(name)[:100], pages=pages) for name, pages in counted if pages is not None)


def supplies(content: Row) -> tuple[Supply, ...]:
    """The consumables, sorted by name; a number from 0 to 100 is a share, anything else the printer's own text."""
    found = dict.fromkeys(
        _supply(name, text) for row in content.rows("cartridges", "consumables") for name, text in _levels(row)
    )
    return tuple(sorted(found, key=lambda supply: supply.name))


def _levels(row: Row) -> Iterator[tuple[str, str]]:
    """Both spellings: ``{"tonerblack": "71"}`` and ``{"name": "tonerblack", "value": "71"}``."""
    if row.has("name", "type", "value"):
        yield " ".join(filter(None, (row.text("name", "type"), row.text("color")))), row.text("value")
    else:
        yield from ((clean_text(name)[:100], row.text(name)) for name, _ in row.items() if name not in _SUPPLY_LABELS)


def _supply(name: str, text: str) -> Supply:
    digits = text.removesuffix("%").strip()
    is_share = digits.isdecimal() and len(digits) <= 3 and int(digits) <= 100
    return Supply(name=name, level_percent=int(digits)) if is_share else Supply(name=name, state=text)


def _port(row: Row) -> Port:
    speed = row.size("ifspeed")
    return Port(
        number=row.size("ifnumber"),
        name=row.text("ifname"),
        description=row.text("ifdescr"),
        alias=row.text("ifalias"),
        mac=row.mac("mac"),
        type=row.size("iftype"),
        mtu_bytes=row.size("ifmtu"),
        speed_mbps=speed // _BITS_IN_MEGABIT if speed else None,
        is_enabled=_ENABLED.get(row.whole("ifinternalstatus") or 0),
        is_up=_ENABLED.get(row.whole("ifstatus") or 0),
        is_full_duplex=_DUPLEX.get(row.whole("ifportduplex") or 0),
        is_trunk=row.truth("trunk"),
        addresses=addresses(row.texts("ips")),
        vlans=tuple(Vlan(number=vlan.size("number"), name=vlan.text("name")) for vlan in row.rows("vlans")),
        member_numbers=_members(row.texts("aggregate")),
        learned_macs=() if row.truth("lldp") else _learned(row.rows("connections")),
    )


def _members(texts: Iterable[str]) -> tuple[int, ...]:
    numbers = (int(text) for text in texts if text.isdecimal() and len(text) <= 10)
    return tuple(sorted(set(numbers)))[:MAX_MEMBERS]


def _learned(connections: Iterable[Row]) -> tuple[str, ...]:
    macs = (clean_mac(text) for connection in connections for text in connection.texts("mac"))
    return tuple(sorted({mac for mac in macs if mac}))


def _neighbour(port: Row, connection: Row) -> Neighbour:
    return Neighbour(
        port_number=port.size("ifnumber"),
        port_name=port.text("ifname", "ifdescr"),
        system_name=connection.text("sysname"),
        system_description=connection.text("sysdescr"),
        system_mac=connection.mac("sysmac"),
        remote_port=connection.text("ifdescr", "ifnumber"),
        model=connection.text("model"),
        address=next(iter(addresses(connection.texts("ip"))), ""),
    )


def _shaped_info(info: dict[str, object]) -> dict[str, object]:
    comments = {"description": info["comments"]} if "comments" in info else {}
    return comments | info | _inner(info, "ips", "ip")


def _shaped_port(port: Row) -> dict[str, object]:
    data = dict(port.items())
    connections = port.row("connections")
    return (
        data
        | _inner(data, "ips", "ip")
        | _inner(data, "vlans", "vlan")
        | _inner(data, "aggregate", "port")
        | {
            "connections": _listed(dict(connections.items()).get("connection")),
            "lldp": connections.text("cdp", "lldp") == "1",
        }
    )


def _inner(data: Mapping[str, object], key: str, inner_key: str) -> dict[str, object]:
    wrapper = data.get(key)
    return {key: _listed(wrapper.get(inner_key))} if isinstance(wrapper, Mapping) else {}


def _listed(value: object) -> list[object]:
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]
