"""A past period replayed under other terms."""
