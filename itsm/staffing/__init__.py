"""Staffing: who can take work now. Skills, absence and deputies, on-call rotas, load, and the choice of an assignee.

Without any of it a group's tickets wait for somebody to take them; each part may be used alone.
"""
