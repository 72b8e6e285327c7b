"""Input and output of licences, the same for pages and API."""

from decimal import Decimal
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from assets.licences.models import METRICS
from assets.licences.services import MOST_SEATS
from assets.schemas import CURRENCY, ID, NOTES, TEXT, check_day, check_price
from itsm.web.api import StrictSchema


class LicenceFacts(StrictSchema):
    """Facts of a licence; a `price` is written in whole units (1299.00) and kept in the smallest (129900)."""

    publisher = fields.String(validate=TEXT)
    seats = fields.Integer(allow_none=True, validate=validate.Range(1, MOST_SEATS))
    valid_from = fields.Date(allow_none=True, validate=check_day)
    valid_until = fields.Date(allow_none=True, validate=check_day)
    supplier = fields.String(validate=TEXT)
    order_number = fields.String(validate=TEXT)
    price = fields.Decimal(places=2, allow_none=True, validate=check_price)
    currency = fields.String(validate=CURRENCY)
    organisation_id = fields.Integer(allow_none=True, validate=ID)
    notes = fields.String(validate=NOTES)

    @post_load
    def in_smallest_units(self, data: dict[str, Any], **rest: Any) -> dict[str, Any]:
        """Turn the price into whole cents."""
        del rest
        if "price" in data:
            price = data.pop("price")
            data["price_minor"] = None if price is None else int(price * 100)
        return data


class NewLicence(LicenceFacts):
    """A new licence; no `seats` for the metric `site`."""

    name = fields.String(required=True, validate=validate.Length(1, 255))
    metric = fields.String(required=True, validate=validate.OneOf(list(METRICS)))


class LicenceChanges(LicenceFacts):
    """Facts that may be changed; only what is given changes."""

    name = fields.String(validate=validate.Length(1, 255))
    metric = fields.String(validate=validate.OneOf(list(METRICS)))


class LicenceForm(LicenceChanges):
    """The facts form of the page: an empty field empties the fact."""

    version = fields.Integer(required=True)


class VersionForm(StrictSchema):
    """A step that needs nothing but the version that it was taken on."""

    version = fields.Integer()


class NewUse(StrictSchema):
    """Who gets a seat: `holder` is a person's address or `#` and id, or the name or id of a CI, as the metric asks."""

    holder = fields.String(required=True, validate=validate.Length(1, 255))


class UseOutput(Schema):
    """One open use as JSON."""

    id = fields.Integer(attribute="use.id")
    person = fields.Integer(attribute="use.person_id", allow_none=True)
    ci = fields.Integer(attribute="use.ci_id", allow_none=True)
    name = fields.String()
    from_at = fields.AwareDateTime(attribute="use.from_at")


class AssignedOutput(UseOutput):
    """A new use, and how the licence stands with it: more `in_use` than `seats` is over-assigned."""

    seats = fields.Integer(allow_none=True)
    in_use = fields.Integer()


class LicenceOutput(Schema):
    """A licence as JSON; `in_use` counts its holders now, `state` is how it stands today."""

    id = fields.Integer()
    number = fields.String()
    name = fields.String()
    publisher = fields.String()
    metric = fields.String()
    seats = fields.Integer(allow_none=True)
    in_use = fields.Integer()
    state = fields.String()
    valid_from = fields.Date(allow_none=True)
    valid_until = fields.Date(allow_none=True)
    supplier = fields.String()
    order_number = fields.String()
    price = fields.Method("whole_units")
    currency = fields.String()
    organisation_id = fields.Integer(allow_none=True)
    notes = fields.String()
    retired_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()

    def whole_units(self, row: Any) -> str | None:
        """The price in whole units, as text."""
        minor = row["price_minor"]
        return None if minor is None else f"{Decimal(minor) / 100:.2f}"
