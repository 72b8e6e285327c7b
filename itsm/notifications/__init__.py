"""What leaves the house: composing and delivering messages.

A *notification* is a mail that a rule sends; an *answer* is a mail that a person wrote. Both are outbox rows first. The
*sender process* speaks SMTP; the *delivery ledger* is its record of what a server accepted.
"""
