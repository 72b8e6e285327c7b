"""Approvals: one engine that asks named people to decide on a record of any kind, and tells that kind what they decided.

Vocabulary: subject (what is decided on), approver (who was named), vote, quorum (how many must agree), barred (who asked
for the subject and therefore never votes on it).
"""
