"""Escalation: steps that fall at their instant, what they do, and whom they tell."""
