"""Reminders: a person asks to hear of a ticket again at an instant."""
