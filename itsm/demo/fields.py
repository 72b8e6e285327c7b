"""What Nordhav Foods asks on its forms beyond what the program asks."""

from typing import TYPE_CHECKING

from sqlalchemy import select

from incident.models import Incident
from itsm.fields import services
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from itsm.tickets import services as tickets

if TYPE_CHECKING:
    from itsm.demo.made import Company

PLACE = {"en": "Where it is", "sv": "Var det är", "es": "Dónde está", "fa": "کجاست", "el": "Πού βρίσκεται"}
DEVICE = {"en": "The device", "sv": "Enheten", "es": "El equipo", "fa": "دستگاه", "el": "Η συσκευή"}


def write_fields(made: "Company") -> None:
    """A room, and for the workplace the device with its serial number; some incidents of the history have a room."""
    workplace = made.categories["Workplace"].id
    with unit_of_work():
        services.create_definition(
            SYSTEM,
            kind="incident",
            key="room",
            type="text",
            titles={"en": "Room", "sv": "Rum", "es": "Sala", "fa": "اتاق", "el": "Αίθουσα"},
            hints={
                "en": "As on the door.",
                "sv": "Som på dörren.",
                "es": "Como en la puerta.",
                "el": "Όπως στην πόρτα.",
            },
            section=PLACE,
            audience="edit",
            in_lists=True,
        )
        for position, (key, rest) in enumerate(_devices().items(), 2):
            services.create_definition(
                SYSTEM, kind="incident", key=key, section=DEVICE, scope_ids=[workplace], position=position * 100, **rest
            )
    with unit_of_work():
        newest = select(Incident).where(Incident.unfinished == 1).order_by(Incident.id.desc()).limit(9)
        for incident, room in zip(
            session.scalars(newest), ("2.14", "Dock 3", "4.01", "Cold store B", "1.07"), strict=False
        ):
            tickets.change_custom(SYSTEM, incident, {"room": room})


def _devices() -> dict[str, dict[str, object]]:
    devices = {
        "laptop": {"en": "Laptop", "sv": "Bärbar dator", "es": "Portátil", "fa": "لپ‌تاپ", "el": "Φορητός"},
        "printer": {"en": "Printer", "sv": "Skrivare", "es": "Impresora", "fa": "چاپگر", "el": "Εκτυπωτής"},
        "other": {"en": "Something else", "sv": "Något annat", "es": "Otra cosa", "fa": "چیز دیگر", "el": "Κάτι άλλο"},
    }
    choices = [{"key": key, "titles": titles} for key, titles in devices.items()]
    return {
        "device": {
            "type": "choice",
            "titles": {"en": "Device", "sv": "Enhet", "es": "Equipo", "fa": "دستگاه", "el": "Συσκευή"},
            "options": {"choices": choices},
            "audience": "edit",
        },
        "serial": {
            "type": "text",
            "titles": {
                "en": "Serial number", "sv": "Serienummer", "es": "Número de serie", "fa": "شمارهٔ سریال",
                "el": "Σειριακός αριθμός",
            },
            "options": {"pattern": "[A-Z]{2}[0-9]{6}", "example": "PF123456"},
            "show_if": "custom.device in (laptop, printer)",
            "require_if": "custom.device = laptop and impact <= 2",
        },
    }  # fmt: skip
