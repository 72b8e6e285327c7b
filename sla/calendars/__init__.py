"""Business calendars: open seconds as a pure function, and how calendars are written, proposed and shown."""
