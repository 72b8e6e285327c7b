"""Input and output of assets, the same for pages and API."""

from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from assets.kinds import KINDS
from assets.lifecycle import DISPOSALS
from assets.services import STARTING_STATES
from itsm.kernel.text import _
from itsm.web.api import StrictSchema

TEXT = validate.Length(max=255)
NOTES = validate.Length(max=20_000)
CURRENCY = validate.Regexp(r"^([A-Za-z]{3})?$", error=_("Write the currency with three letters, like EUR."))
LARGEST_ID = 2**53
OWNER = validate.Length(1, 255)
ID = validate.Range(1, LARGEST_ID)
HIGHEST_PRICE = Decimal("9999999999.99")
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)  # every calendar in use can write them


def check_day(day: date) -> None:
    """Refuse days that are slips: before 1900 or after 2999."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValidationError(str(_("This day lies outside of 1900 to 2999.")))


def check_price(price: Decimal) -> None:
    """Refuse prices outside of 0 … 9,999,999,999.99 (a function, for a `Range` of decimals has no form in OpenAPI)."""
    if not 0 <= price <= HIGHEST_PRICE:
        raise ValidationError(str(_("Write a price from 0 to %(most)s.", most=HIGHEST_PRICE)))


def without_empty_price(values: dict[str, Any]) -> dict[str, Any]:
    """The form proposes a currency; without a price it says nothing."""
    if values.get("price_minor") is None:
        values.pop("currency", None)
    return values


class AssetFacts(StrictSchema):
    """Facts of an asset; a `price` is written in whole units (1299.00) and kept in the smallest (129900)."""

    tag = fields.String(validate=validate.Length(max=60))
    kind = fields.String(validate=validate.OneOf(list(KINDS)))
    model = fields.String(validate=TEXT)
    manufacturer = fields.String(validate=TEXT)
    serial = fields.String(validate=TEXT)
    site_id = fields.Integer(allow_none=True, validate=ID)
    organisation_id = fields.Integer(allow_none=True, validate=ID)
    supplier = fields.String(validate=TEXT)
    order_number = fields.String(validate=TEXT)
    purchased_on = fields.Date(allow_none=True, validate=check_day)
    price = fields.Decimal(places=2, allow_none=True, validate=check_price)
    currency = fields.String(validate=CURRENCY)
    warranty_until = fields.Date(allow_none=True, validate=check_day)
    notes = fields.String(validate=NOTES)

    @post_load
    def in_smallest_units(self, data: dict[str, Any], **rest: Any) -> dict[str, Any]:
        """Turn the price into whole cents."""
        del rest
        if "price" in data:
            price = data.pop("price")
            data["price_minor"] = None if price is None else int(price * 100)
        return data


class NewAsset(AssetFacts):
    """A new asset; `owner` is the address of the person who has it, or `#` and the person's id."""

    name = fields.String(required=True, validate=validate.Length(1, 255))
    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    state = fields.String(validate=validate.OneOf(STARTING_STATES), load_default="in_stock")
    owner = fields.String(validate=OWNER)
    ci_id = fields.Integer(validate=ID)


class AssetChanges(AssetFacts):
    """Facts that may be changed; only what is given changes."""

    name = fields.String(validate=validate.Length(1, 255))
    owner = fields.String(allow_none=True, validate=OWNER)
    ci_id = fields.Integer(allow_none=True, validate=ID)


class FactsForm(AssetChanges):
    """The facts form of the page: an empty field empties the fact."""

    version = fields.Integer(required=True)


class StepFields(StrictSchema):
    """Every field that some step takes; `owner` is an e-mail address."""

    owner = fields.String(validate=OWNER)
    site_id = fields.Integer(validate=ID)
    supplier = fields.String(validate=TEXT)
    order_number = fields.String(validate=TEXT)
    disposal = fields.String(validate=validate.OneOf(list(DISPOSALS)))
    certificate = fields.String(validate=TEXT)
    note = fields.String(validate=NOTES)


class StepForm(StepFields):
    """The form of a step on the page."""

    version = fields.Integer()


class AssetStep(StrictSchema):
    """One step of the life cycle with the fields that it takes."""

    name = fields.String(required=True, validate=validate.Length(1, 50))
    fields_ = fields.Nested(StepFields, data_key="fields", load_default=dict)


class AssetOutput(Schema):
    """An asset as JSON; people are e-mail addresses, sites and organisations are names."""

    number = fields.String()
    tag = fields.String()
    name = fields.String()
    kind = fields.String()
    model = fields.String()
    manufacturer = fields.String()
    serial = fields.String()
    state = fields.String()
    stock_state = fields.String()
    disposal = fields.String()
    certificate = fields.String()
    owner = fields.String(allow_none=True)
    site = fields.String(allow_none=True)
    organisation = fields.String(allow_none=True)
    supplier = fields.String()
    order_number = fields.String()
    purchased_on = fields.Date(allow_none=True)
    price = fields.Method("whole_units")
    currency = fields.String()
    warranty_until = fields.Date(allow_none=True)
    ci = fields.Integer(attribute="ci_id", allow_none=True)
    notes = fields.String()
    origin = fields.String()
    version = fields.Integer()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()

    def whole_units(self, row: Any) -> str | None:
        """The price in whole units, as text."""
        minor = row["price_minor"]
        return None if minor is None else f"{Decimal(minor) / 100:.2f}"
