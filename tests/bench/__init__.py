"""Benchmarks: CPU milliseconds (web and database), SQL statements, bytes and wall time, each beside its budget."""
