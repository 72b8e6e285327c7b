"""The one filter language: text to tree, and a tree to an SQL condition or to a predicate over one record.

Vocabulary: a *query* is the text a person writes; *plain words* in it are full-text terms; a *comparison* is a field,
an operator and values. A *field* belongs to the field set of one kind of record, which its package builds. A *target*
is what a query compiles to; every target is handed the same checked matches, so that targets differ in form and never
in meaning.

Meaning, the same in every target:

- Logic has two values. A comparison with a field that is empty is false, and ``!=`` and ``not in`` are the opposites
  of ``=`` and ``in``; so an empty field is ``!=`` everything. A text of no characters is empty.
- A field with several values (the CIs of a ticket) matches when any of them does.
- Text compares without regard to letter case (``text.fold``); choices, references, people and groups compare exactly.
- A day compared with an instant means the whole of that day in the reader's time zone.
- ``now() - 1d`` is exactly 24 hours ago; ``today() - 1d`` is the day before.
"""
