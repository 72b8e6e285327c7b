"""The base of every error that discovery raises on purpose."""


class DiscoveryFailure(Exception):  # noqa: N818 (its kinds read as what happened: NoAnswer, AddressNotAllowed)
    """Something that a person can act on; the text names the field, target or device and never holds a secret."""
