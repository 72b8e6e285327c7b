"""Texts kept ready: replies that are inserted into an answer, and templates that new tickets begin with."""
