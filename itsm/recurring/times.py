"""Times of day as clocks show them."""


def clock_text(minute: int) -> str:
    """Minutes after midnight as a clock shows them: `09:00`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def minute_of(text: str) -> int:
    """The minutes after midnight of `09:00`."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
