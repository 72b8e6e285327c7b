"""Incident management: an incident is an unplanned interruption or loss of quality of a service; the aim is to restore fast.

Vocabulary: impact, urgency, priority, functional escalation (to more skill), hierarchical escalation (to more authority),
first contact, resolution, reopening.
"""
