"""Inventories that agents on computers, printers and network gear send in.

Vocabulary: an *agent* runs on a machine and posts *inventories*; a *section* is one part of an inventory (``cpus``,
``software``); a *partial* inventory carries only the sections that changed since the last one; the *coding* is the
compression of a body on the wire. Nothing in this package reads a database or knows of a web framework.
"""
