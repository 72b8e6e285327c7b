"""Metrics of the site's own: clocks between conditions of the query language."""
