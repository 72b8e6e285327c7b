"""Every write to major incidents. Rules: M1 to M6."""

from incident.major.services.candidates import dismiss, note_bursts
from incident.major.services.declaring import declare, follow_incident, move, withdraw
from incident.major.services.parts import ABSORB, absorb, take_back_absorb
from incident.major.services.reviewing import add_action, finish_action, finish_review, write_review
from incident.major.services.room import add_audience, change_room, remove_audience
from incident.major.services.updating import TELL, post_update, remind_communicator, tell

__all__ = [
    "ABSORB",
    "TELL",
    "absorb",
    "add_action",
    "add_audience",
    "change_room",
    "declare",
    "dismiss",
    "finish_action",
    "finish_review",
    "follow_incident",
    "move",
    "note_bursts",
    "post_update",
    "remind_communicator",
    "remove_audience",
    "take_back_absorb",
    "tell",
    "withdraw",
    "write_review",
]
