"""Problem management: a problem is the cause, or potential cause, of incidents; the aim is that they do not come back.

Vocabulary: problem control (find the cause), error control (live with it, then remove it), root cause, workaround (lessens
the effect before the cause is gone), known error (analysed, not yet resolved).
"""
