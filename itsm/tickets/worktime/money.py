"""Amounts in minor units as people write them."""

from decimal import Decimal, InvalidOperation

from babel.numbers import get_currency_precision

from itsm.kernel.errors import Invalid
from itsm.kernel.formats import Reader
from itsm.kernel.text import _


def in_words(amount_minor: int, currency: str, reader: Reader) -> str:
    """An amount with its currency: `12.50 EUR`."""
    decimals = get_currency_precision(currency)
    return f"{reader.number(amount_minor / 10**decimals, decimals=decimals)} {currency}"


def as_typed(amount_minor: int, currency: str) -> str:
    """An amount as a form shows it: `12.50`."""
    decimals = get_currency_precision(currency)
    return f"{Decimal(amount_minor).scaleb(-decimals):.{decimals}f}"


def parse(field: str, text: str, currency: str) -> int:
    """What somebody typed, in minor units; raises `Invalid` that names the field."""
    try:
        amount = Decimal(text.strip().replace(",", ".") or "0").scaleb(get_currency_precision(currency))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount != amount.to_integral_value():
        raise Invalid.field(field, _("Write an amount such as 49.50."))
    return int(amount)
