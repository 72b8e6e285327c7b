"""Input and output of votes, the same for pages and API."""

from marshmallow import Schema, fields, validate

from itsm.approvals.services import LONGEST_REASON
from itsm.approvals.state import VOTES
from itsm.web.api import StrictSchema


class VoteInput(StrictSchema):
    """One vote; a refusal needs its reason."""

    vote = fields.String(required=True, validate=validate.OneOf(VOTES))
    reason = fields.String(validate=validate.Length(max=LONGEST_REASON), load_default="")


class VoteForm(VoteInput):
    """The form of a page; `back` tells where to go afterwards: the inbox or the record."""

    back = fields.String(validate=validate.OneOf(["inbox", "record"]), load_default="inbox")


class VoteOutput(Schema):
    """One ballot as JSON."""

    approver = fields.String()
    vote = fields.String(allow_none=True)
    reason = fields.String()
    voted_at = fields.AwareDateTime(allow_none=True)


class ApprovalOutput(Schema):
    """One question to approvers as JSON."""

    id = fields.Integer()
    step = fields.String()
    state = fields.String()
    quorum = fields.Integer()
    asked_at = fields.AwareDateTime()
    votes = fields.List(fields.Nested(VoteOutput))
