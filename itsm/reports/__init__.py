"""Reports: figures over a period that can be explained, repeated and followed down to each record.

Vocabulary: period (half-open days in the report's zone), data cut-off, compliance, breach, breakdown, digest.
"""
