"""Licences: the right to use a product on so many devices, by so many people or everywhere, and who holds it.

Vocabulary: the *metric* says what a seat stands for; a *use* is one seat held by a device (CI) or a person for a while; a
licence is *over-assigned* when more hold it than it has seats, which is recorded as it is and shown.
"""
