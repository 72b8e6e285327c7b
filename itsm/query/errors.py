"""What is wrong with a query, and where."""


class QueryError(ValueError):
    """A query that cannot be read or does not fit its fields.

    ``position`` counts characters from 0 and points at the offending place; ``suggestion`` is one sentence that helps,
    or empty.
    """

    def __init__(self, message: str, position: int, suggestion: str = "") -> None:
        super().__init__(f"{message} {suggestion}".rstrip())
        self.message = message
        self.position = position
        self.suggestion = suggestion
