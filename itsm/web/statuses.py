"""What the statuses of HTTP are called, and what the person can do about them, where nothing better is known."""

from itsm.kernel.text import Message, _

TITLES: dict[int, Message] = {
    400: _("Bad request"), 401: _("Please sign in"), 403: _("Not allowed"), 404: _("Not found"),
    405: _("Method not allowed"), 406: _("Not available in this form"), 408: _("The request took too long"),
    409: _("Conflict"), 410: _("Gone"), 411: _("Length missing"), 412: _("Changed meanwhile"), 413: _("Too large"),
    414: _("Address too long"), 415: _("Kind of content not supported"), 416: _("No such part"),
    422: _("Please check what you entered"), 428: _("Version missing"), 429: _("Too many requests"),
    431: _("Headers too large"), 500: _("Something went wrong on our side"), 501: _("Not supported"),
    502: _("Something went wrong on our side"), 503: _("Not available at the moment"),
    504: _("Something went wrong on our side"),
}  # fmt: skip
DETAILS: dict[int, Message] = {
    400: _("The request cannot be read."),
    401: _("Sign in, or send a valid token."),
    403: _("You do not have the right to do this."),
    404: _("There is no such page, or you may not see it."),
    405: _("This address does not answer that method."),
    406: _("This is not available in any form that was asked for."),
    408: _("Nothing was saved. Please try again in a moment."),
    411: _("Send the length of the content."),
    413: _("This is too large."),
    414: _("The address is too long; use a shorter filter."),
    415: _("This kind of content cannot be read here; the API takes JSON."),
    422: _("Some fields are not right."),
    429: _("Too many requests. Wait a little and try again."),
    431: _("The headers of the request are too large; clearing the cookies of this site may help."),
    503: _("Please try again in a moment."),
}
