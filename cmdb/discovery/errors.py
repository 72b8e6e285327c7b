"""The base of every error that discovery raises on purpose."""


class DiscoveryFailure(Exception):
    """Something that a person can act on; the text names the field, target or device and never holds a secret."""
