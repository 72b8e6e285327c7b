"""The sections of a computer's inventory: rows of a document become canonical values."""

from collections.abc import Iterable
from dataclasses import replace

from assets.inventory.model import (
    Antivirus,
    AttachedPrinter,
    Battery,
    Cpu,
    Drive,
    MemoryModule,
    Monitor,
    NetworkInterface,
    OperatingSystem,
    RemoteAccess,
    Software,
    Storage,
    User,
    VirtualMachine,
)
from assets.inventory.row import Row, clean_address

_BITS_IN_MEGABIT = 1_000_000
_UNKNOWN_SPEED = 4_294_967_295
_IN_USE = {"up": True, "down": False, "on": True, "off": False, "1": True, "0": False}


def operating_system(content: Row) -> OperatingSystem:
    """The operating system; OCS gives it only as three fields of its hardware section."""
    row = content.row("operatingsystem")
    hardware = content.row("hardware")
    if not row.has("name", "full_name"):
        return OperatingSystem(
            name=hardware.text("osname"), full_name=hardware.text("osname"), version=hardware.text("osversion")
        )
    return OperatingSystem(
        name=row.text("name"),
        full_name=row.text("full_name"),
        version=row.text("version"),
        service_pack=row.text("service_pack"),
        kernel_name=row.text("kernel_name"),
        kernel_version=row.text("kernel_version"),
        architecture=row.text("arch"),
        installed_on=row.day("install_date"),
        booted_at=row.instant("boot_time", row.row("timezone").text("offset")),
    )


def cpus(content: Row) -> tuple[Cpu, ...]:
    """The processors, from either family of field names."""
    return tuple(_cpu(row) for row in content.rows("cpus"))


def _cpu(row: Row) -> Cpu:
    cores = row.size("core", "cores", "corecount")
    threads = row.size("thread", "logical_cpus", "threads")
    return Cpu(
        name=row.text("name", "type"),
        manufacturer=row.text("manufacturer"),
        architecture=row.text("cpuarch", "arch"),
        serial=row.text("serial", "serialnumber"),
        speed_mhz=row.size("speed"),
        cores=cores,
        threads=_all_threads(cores, threads),
    )


def _all_threads(cores: int | None, threads: int | None) -> int | None:
    """Fewer threads than cores means that the agent counted those of one core."""
    return cores * threads if cores and threads and threads < cores else threads


def memories(content: Row) -> tuple[MemoryModule, ...]:
    """The memory slots."""
    return tuple(
        MemoryModule(
            slot=row.size("numslots"),
            caption=row.text("caption"),
            description=row.text("description"),
            manufacturer=row.text("manufacturer"),
            model=row.text("model"),
            serial=row.text("serialnumber", "serial"),
            type=row.text("type"),
            capacity_mb=row.size("capacity"),
            speed_mts=row.size("speed"),
        )
        for row in content.rows("memories")
    )


def networks(content: Row) -> tuple[NetworkInterface, ...]:
    """The interfaces; agents send one element for each address, which are joined by name and hardware address."""
    joined: dict[tuple[str, str], NetworkInterface] = {}
    for row in content.rows("networks"):
        interface = _interface(row)
        key = interface.name, interface.mac
        joined[key] = _joined(joined[key], interface) if key in joined else interface
    return tuple(joined.values())


def _interface(row: Row) -> NetworkInterface:
    return NetworkInterface(
        name=row.text("description"),
        mac=row.mac("mac", "macaddr"),
        type=row.text("type").lower(),
        driver=row.text("driver"),
        manufacturer=row.text("manufacturer"),
        model=row.text("model"),
        pci_id=row.text("pciid"),
        pnp_id=row.text("pnpdeviceid"),
        speed_mbps=_interface_speed(row),
        mtu_bytes=row.size("mtu"),
        is_up=_IN_USE.get(row.text("status").lower()),
        is_virtual=row.truth("virtualdev"),
        is_management=row.truth("management") or False,
        gateway=clean_address(row.text("ipgateway")),
        addresses=addresses(row.texts("ipaddress") + row.texts("ipaddress6")),
    )


def _joined(first: NetworkInterface, second: NetworkInterface) -> NetworkInterface:
    found = tuple(dict.fromkeys(first.addresses + second.addresses))
    return replace(first, addresses=found, gateway=first.gateway or second.gateway)


def _interface_speed(row: Row) -> int | None:
    """Megabits a second: agents write 0, -1 or 2^32-1 for unknown, some add a unit, and some give bits."""
    speed = row.whole("speed")
    if not speed or speed < 0 or speed == _UNKNOWN_SPEED:
        return None
    if "gb" in row.text("speed").lower():
        return speed * 1000
    return speed // _BITS_IN_MEGABIT if speed >= _BITS_IN_MEGABIT else speed


def addresses(texts: Iterable[str]) -> tuple[str, ...]:
    """The IP addresses among texts, in their short form, each once."""
    found = (clean_address(text) for text in texts)
    return tuple(dict.fromkeys(address for address in found if address))


def storages(content: Row) -> tuple[Storage, ...]:
    """The storage devices."""
    return tuple(
        Storage(
            name=row.text("name"),
            manufacturer=row.text("manufacturer"),
            model=row.text("model"),
            serial=row.text("serial", "serialnumber"),
            firmware=row.text("firmware"),
            type=row.text("type"),
            interface=row.text("interface", "description"),
            size_mb=row.size("disksize"),
        )
        for row in content.rows("storages")
    )


def drives(content: Row) -> tuple[Drive, ...]:
    """The mounted volumes; on Windows the letter is the mount point."""
    return tuple(
        Drive(
            volume=row.text("volumn"),
            mount_point=row.text("letter", "type"),
            label=row.text("label"),
            file_system=row.text("filesystem"),
            serial=row.text("serial"),
            total_mb=row.size("total"),
            free_mb=row.size("free"),
            is_encrypted=_is_encrypted(row),
            encryption=row.text("encrypt_name"),
        )
        for row in content.rows("drives")
    )


def _is_encrypted(row: Row) -> bool | None:
    """Agents also write words such as Partially, which count as not encrypted."""
    status = row.text("encrypt_status").lower()
    return status in ("yes", "1", "true", "on") if status else None


def software(content: Row) -> tuple[Software, ...]:
    """The installed programs, each distinct entry once; entries without a name are left out."""
    found = (_program(row) for row in content.rows("softwares"))
    return tuple(dict.fromkeys(program for program in found if program.name))


def _program(row: Row) -> Software:
    return Software(
        name=row.text("name") or row.text("guid"),
        version=row.text("version"),
        publisher=row.text("publisher"),
        architecture=row.text("arch", "architecture"),
        source=row.text("from"),
        installed_on=row.day("install_date", "installdate", is_day_first=True),
    )


def users(content: Row) -> tuple[User, ...]:
    """The accounts that were logged in."""
    found = (User(login=row.text("login"), domain=row.text("domain")) for row in content.rows("users"))
    return tuple(dict.fromkeys(user for user in found if user.login))


def monitors(content: Row) -> tuple[Monitor, ...]:
    """The screens."""
    return tuple(
        Monitor(
            caption=row.text("caption", "name"),
            manufacturer=row.text("manufacturer"),
            serial=row.text("serial", "altserial"),
            description=row.text("description"),
            port=row.text("port"),
        )
        for row in content.rows("monitors")
    )


def printers(content: Row) -> tuple[AttachedPrinter, ...]:
    """The printer queues."""
    return tuple(
        AttachedPrinter(
            name=row.text("name"),
            driver=row.text("driver"),
            port=row.text("port"),
            serial=row.text("serial"),
            is_network=row.truth("network"),
        )
        for row in content.rows("printers")
    )


def batteries(content: Row) -> tuple[Battery, ...]:
    """The batteries."""
    return tuple(
        Battery(
            name=row.text("name"),
            manufacturer=row.text("manufacturer"),
            serial=row.text("serial", "serialnumber"),
            chemistry=row.text("chemistry"),
            capacity_mwh=row.size("capacity"),
            real_capacity_mwh=row.size("real_capacity"),
            voltage_mv=row.size("voltage"),
            made_on=row.day("date", is_day_first=True),
        )
        for row in content.rows("batteries")
    )


def antivirus(content: Row) -> tuple[Antivirus, ...]:
    """The virus scanners."""
    return tuple(
        Antivirus(
            name=row.text("name"),
            company=row.text("company"),
            version=row.text("version"),
            base_version=row.text("base_version"),
            is_enabled=row.truth("enabled"),
            is_up_to_date=row.truth("uptodate"),
        )
        for row in content.rows("antivirus")
    )


def virtual_machines(content: Row) -> tuple[VirtualMachine, ...]:
    """The machines that the computer hosts."""
    return tuple(
        VirtualMachine(
            name=row.text("name"),
            uuid=row.text("uuid").lower(),
            status=row.text("status"),
            type=row.text("vmtype"),
            subsystem=row.text("subsystem"),
            memory_mb=row.size("memory"),
            cpus=row.size("vcpu"),
        )
        for row in content.rows("virtualmachines")
    )


def remote_access(content: Row) -> tuple[RemoteAccess, ...]:
    """The remote control programs."""
    return tuple(
        RemoteAccess(type=row.text("type"), identifier=row.text("id"), version=row.text("version"))
        for row in content.rows("remote_mgmt")
        if row.text("type")
    )
