"""What all processes share: the ticket, its journal, links, watchers, attachments, categories, priority and queue.

A *ticket* is one row with a `kind` (incident, problem, change, …) and a joined row of that kind's own package. The
*journal* is its history: every change is one entry, and clocks and reports are computed from it.
"""
