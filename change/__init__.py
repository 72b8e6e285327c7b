"""Change enablement: a change adds, modifies or removes anything that could affect services; the aim is that it helps.

Vocabulary: standard change (pre-authorised, low risk, from a model), normal change (assessed, authorised, scheduled),
emergency change (as soon as possible, own authority, documented after), change authority and CAB (who authorises),
planned window, collision, post-implementation review (what a change really did).
"""
