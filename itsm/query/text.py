"""How texts compare: without regard to letter case, and the same in Python and in every database."""


def fold(text: str) -> str:
    """Return the form in which texts are compared: lower case, with the Greek final sigma as any other sigma."""
    return text.lower().replace("ς", "σ")
