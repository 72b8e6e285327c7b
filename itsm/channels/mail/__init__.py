"""Electronic mail: reading messages, knowing automatic ones, finding the ticket that a message answers.

A *message* is the raw bytes as they were delivered; a *parsed mail* is what was read from them. A *reply text* is
what the sender wrote now, without what is quoted from before. A *reference* is a Message-ID or a subject tag that
points to a ticket.
"""
