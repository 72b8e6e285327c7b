"""Impact, urgency and the matrix that makes a priority of them (Rule: P1; ITIL 4)."""


def noop(text: str) -> str:
    """Mark a text for the catalogues; whoever shows it translates it."""
    return text


IMPACTS = {
    1: noop("Whole organisation"),
    2: noop("Site or department"),
    3: noop("Group"),
    4: noop("One person"),
}
URGENCIES = {
    1: noop("Work stands still"),
    2: noop("Work badly hindered"),
    3: noop("Hindered"),
    4: noop("Can wait"),
}
PRIORITIES = {
    1: noop("Critical"),
    2: noop("High"),
    3: noop("Medium"),
    4: noop("Low"),
    5: noop("Planned"),
}
MATRIX = {  # impact -> priority for urgency 1, 2, 3, 4
    1: (1, 1, 2, 3),
    2: (1, 2, 3, 3),
    3: (2, 3, 3, 4),
    4: (3, 3, 4, 5),
}
