"""Input and output of major incidents, for pages and API."""

from marshmallow import Schema, fields, validate

from incident.major.models import AUDIENCES, BECOMES
from incident.major.phases import FIGHTING, PHASES
from itsm.web.api import CollectionArguments, StrictSchema

TEXT = validate.Length(max=20_000)
LINE = validate.Length(max=255)
ID = validate.Range(1, 2**53)
PHASE = validate.OneOf(["", *FIGHTING])


class DeclareInput(StrictSchema):
    """Why an incident is a major one, and how people outside call it."""

    reason = fields.String(required=True, validate=TEXT)
    headline = fields.String(load_default="", validate=LINE)
    candidate = fields.Integer(load_default=None, allow_none=True, validate=ID)


class WithdrawInput(StrictSchema):
    """Why it is none after all."""

    reason = fields.String(required=True, validate=TEXT)


class RoomForm(StrictSchema):
    """Facts of the room as its page sends them; people by id."""

    version = fields.Integer(load_default=None)
    headline = fields.String(required=True, validate=LINE)
    manager_id = fields.Integer(load_default=None, validate=ID)
    communicator_id = fields.Integer(load_default=None, validate=ID)
    lead_id = fields.Integer(load_default=None, validate=ID)
    conference_url = fields.String(load_default="", validate=validate.Length(max=2000))
    cadence_minutes = fields.Integer(load_default=0, validate=validate.Range(0, 1440))
    on_portal = fields.Boolean(load_default=False)


class RoomChanges(StrictSchema):
    """What of the room changes; people by address."""

    headline = fields.String(validate=validate.Length(1, 255))
    manager = fields.Email(allow_none=True)
    communicator = fields.Email(allow_none=True)
    lead = fields.Email(allow_none=True)
    conference_url = fields.String(validate=validate.Length(max=2000))
    cadence_minutes = fields.Integer(validate=validate.Range(0, 1440))
    on_portal = fields.Boolean()


class AudienceForm(StrictSchema):
    """Who else is told; addresses one a line or with commas."""

    kind = fields.String(required=True, validate=validate.OneOf(AUDIENCES))
    organisation_id = fields.Integer(load_default=None, validate=ID)
    group_id = fields.Integer(load_default=None, validate=ID)
    addresses = fields.String(load_default="", validate=TEXT)
    by_mail = fields.Boolean(load_default=False)


class AudienceInput(StrictSchema):
    """Who else is told; `target` is the name or id of an organisation or a group."""

    kind = fields.String(required=True, validate=validate.OneOf(AUDIENCES))
    target = fields.String(load_default=None, validate=LINE)
    addresses = fields.List(fields.Email(), load_default=list, validate=validate.Length(max=500))
    by_mail = fields.Boolean(load_default=True)


class UpdateInput(StrictSchema):
    """An update, in another phase if one is named."""

    body = fields.String(required=True, validate=TEXT)
    phase = fields.String(load_default="", validate=PHASE)


class AbsorbForm(StrictSchema):
    """Which incidents are parts: chosen ones, and one by its number."""

    tickets = fields.List(fields.Integer(validate=ID), load_default=list, validate=validate.Length(max=200))
    number = fields.String(load_default="", validate=validate.Length(max=40))


class AbsorbInput(StrictSchema):
    """Which incidents are parts, by number."""

    tickets = fields.List(
        fields.String(validate=validate.Length(1, 40)), required=True, validate=validate.Length(1, 200)
    )


class ReviewForm(StrictSchema):
    """What was learned; `finish` closes the review."""

    version = fields.Integer(load_default=None)
    what_happened = fields.String(load_default="", validate=TEXT)
    causes = fields.String(load_default="", validate=TEXT)
    lessons = fields.String(load_default="", validate=TEXT)
    finish = fields.String(load_default="")


class ActionForm(StrictSchema):
    """Something to do after a major incident."""

    title = fields.String(required=True, validate=LINE)
    owner_id = fields.Integer(load_default=None, validate=ID)
    due_on = fields.Date(load_default=None)
    becomes = fields.String(load_default="", validate=validate.OneOf(BECOMES))


class PlanForm(StrictSchema):
    """What the site decides about major incidents."""

    tickets = fields.Integer(required=True)
    minutes = fields.Integer(required=True)
    cadence_minutes = fields.Integer(required=True)
    investigating = fields.String(load_default="", validate=TEXT)
    identified = fields.String(load_default="", validate=TEXT)
    monitoring = fields.String(load_default="", validate=TEXT)
    resolved = fields.String(load_default="", validate=TEXT)


class MajorArguments(CollectionArguments):
    """Only those that are being fought, if asked for."""

    active = fields.Boolean(load_default=False)


class MajorUpdateOutput(Schema):
    """An update as JSON."""

    id = fields.Integer()
    at = fields.DateTime()
    author = fields.String(attribute="author_name")
    phase = fields.String(validate=validate.OneOf(list(PHASES.states)))
    body = fields.String()
    mailed = fields.Integer()


class MajorOutput(Schema):
    """A major incident as JSON."""

    number = fields.String()
    title = fields.String()
    headline = fields.String()
    phase = fields.String(validate=validate.OneOf(list(PHASES.states)))
    phase_since = fields.DateTime()
    reason = fields.String()
    declared_at = fields.DateTime()
    declared_by = fields.String()
    manager = fields.String(allow_none=True)
    communicator = fields.String(allow_none=True)
    lead = fields.String(allow_none=True)
    conference_url = fields.String()
    on_portal = fields.Boolean()
    cadence_minutes = fields.Integer()
    next_update_at = fields.DateTime(allow_none=True)
    resolved_at = fields.DateTime(allow_none=True)
    parts = fields.Integer()
    version = fields.Integer()


class AbsorbedOutput(Schema):
    """Numbers of the incidents that became parts, and the undo."""

    tickets = fields.List(fields.String())
    undo = fields.Integer(allow_none=True)


class CandidateOutput(Schema):
    """A burst that may be a major incident."""

    id = fields.Integer()
    subject_kind = fields.String()
    subject = fields.String()
    tickets = fields.List(fields.String())
    first_at = fields.DateTime()
    last_at = fields.DateTime()


class OutageOutput(Schema):
    """A known outage as people outside read it."""

    headline = fields.String()
    phase = fields.String()
    since = fields.DateTime()
    text = fields.String()
    updated_at = fields.DateTime(allow_none=True)
