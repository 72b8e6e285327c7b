"""Major incidents: bursts that may be one, the room in which one is fought, what is told to whom, and the review after it."""
