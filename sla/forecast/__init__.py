"""Which running targets are likely to be missed, and work against hours."""
