"""The demo organisation: Nordhav Foods, sixty people in Stockholm, Madrid and Athens, with three months of history.

Everything is made through the same services that people use, as of its own instants, so that every page and report has
life and every clock and journal is real.
"""
