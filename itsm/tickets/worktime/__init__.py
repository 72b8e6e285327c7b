"""Time spent on tickets: what kind of work it was, what it cost, and a timer that measures it."""
