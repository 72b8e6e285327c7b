"""What goes wrong at Nordhav Foods: kinds of incidents, how often, how they are solved, and what is said on the way."""

from typing import NamedTuple


class Story(NamedTuple):
    """A kind of incident: weight among all, category, CI (a name, `pc`, `printer`, or empty), impact, urgency, texts."""

    weight: int
    title: str
    description: str
    category: str
    ci: str
    impact: int
    urgency: int
    answer: str
    solution: str
    code: str = "fixed"
    level: int = 1


STORIES = (
    Story(
        14,
        "Password does not work any more",
        "I changed it on Friday and now the computer does not take it.",
        "Account and password",
        "",
        4,
        2,
        "I have reset it; please choose a new one at the next sign-in.",
        "Password reset, new one chosen by the user.",
        "advice",
    ),
    Story(
        12,
        "Outlook asks for the password again and again",
        "Since this morning a window asks for my password every few minutes.",
        "Mail and calendar",
        "pc",
        4,
        3,
        "We clear the stored credentials on your PC now.",
        "Removed stale credentials from the vault, signed in again.",
    ),
    Story(
        11,
        "Cannot print labels in the warehouse",
        "The label printer blinks green but nothing comes out. Lorries are waiting.",
        "Printing",
        "printer",
        3,
        1,
        "We look at the print queue right now.",
        "Restarted the spooler and replaced the ribbon; test label printed.",
        level=2,
    ),
    Story(
        9,
        "VPN drops every ten minutes",
        "When I work from home the connection breaks and I lose my work.",
        "VPN",
        "app-vpn",
        4,
        2,
        "We see the drops in the log and look for the cause.",
        "New VPN client profile with a longer keep-alive.",
        level=2,
    ),
    Story(
        9,
        "Second screen stays black after docking",
        "One screen works, the other one shows no signal.",
        "PC and accessories",
        "pc",
        4,
        3,
        "Please try the other socket of the dock; I call you at two.",
        "Dock firmware updated.",
    ),
    Story(
        8,
        "Order entry is very slow",
        "Saving an order takes more than a minute, customers are on the phone.",
        "Order entry",
        "app-orders",
        2,
        2,
        "We look into it together with the database people.",
        "A missing index was added in the order database.",
        level=2,
    ),
    Story(
        7,
        "Shared folder is read-only",
        "I can open the contracts but not save them.",
        "File shares",
        "app-files",
        3,
        3,
        "We check the rights of your group.",
        "Group membership repaired.",
    ),
    Story(
        7,
        "Wi-Fi does not reach the packing hall",
        "The scanners lose the network near gate four.",
        "Wi-Fi",
        "",
        3,
        2,
        "A colleague comes and measures.",
        "Access point moved and channel changed.",
        level=2,
    ),
    Story(
        6,
        "PC is very slow in the morning",
        "It takes a quarter of an hour until I can work.",
        "PC and accessories",
        "pc",
        4,
        3,
        "We look at what starts with it.",
        "Disk was nearly full; old profiles removed.",
    ),
    Story(
        5,
        "Warehouse application shows an error when picking",
        "Error 500 when I confirm a pick, on all scanners.",
        "Warehouse",
        "app-warehouse",
        2,
        1,
        "Thank you, we see the errors and work on it.",
        "Application service restarted, memory limit raised.",
        "workaround",
        2,
    ),
    Story(
        5,
        "Invoice run stopped",
        "The nightly run ended with an error at invoice 312.",
        "Finance system",
        "app-finance",
        3,
        2,
        "We look at the log of the run.",
        "Wrong tax code in one customer corrected, run repeated.",
        level=2,
    ),
    Story(
        4,
        "Suspicious mail with an attachment",
        "Looks like our bank but the address is strange. I did not open it.",
        "Security",
        "",
        4,
        2,
        "Well seen! Please leave it as it is.",
        "Phishing campaign; sender blocked, nobody clicked.",
        "no_fault",
        3,
    ),
    Story(
        3,
        "No network in the whole office",
        "Nobody on the second floor has network.",
        "Network",
        "switch",
        2,
        1,
        "We are on it.",
        "Switch lost power, moved to the UPS.",
        level=2,
    ),
)
REQUESTER_REPLIES = (
    "Thank you, it works now.",
    "It still happens now and then.",
    "Great help, thanks!",
    "When will somebody come?",
)
NOTES = (
    "Called the user, could reproduce it.",
    "Seen before on the same model.",
    "Checked the event log, nothing unusual.",
    "Asked the supplier for a statement.",
)
