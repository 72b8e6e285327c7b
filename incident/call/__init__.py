"""Logging a call in seconds: who calls, what is known about them, what similar tickets say of the new one."""
