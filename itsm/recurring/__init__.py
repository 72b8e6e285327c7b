"""Recurring tickets: work that comes back by a rule of the calendar opens its ticket by itself."""
