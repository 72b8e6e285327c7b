"""Texts with places: what is filled in, and that nothing else of them is ever run."""

import contextlib

import pytest
from hypothesis import given, strategies

from itsm.kernel.errors import Invalid
from itsm.tickets.wording import PLACES, Scene, check, fill
from tests.factories import Factory

ESCAPES = (
    "{{ config }}",
    "{{ self }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ticket.__class__ }}",
    "{{ ticket.description }}",
    "{{ ticket|attr('__class__') }}",
    "{{ cycler.__init__.__globals__.os.popen('id') }}",
    "{{ 7*7 }}",
)
INERT = ("{% for x in range(10**9) %}{% endfor %}", "{# note #}", "${7*7}", "%(password)s", "{0.__class__}")


@pytest.mark.parametrize("text", ESCAPES)
def test_places_that_nobody_knows_are_refused_and_empty(make: Factory, text: str) -> None:
    with pytest.raises(Invalid):
        check("text", text)
    ticket = make.incident()
    assert fill(text, Scene(ticket, make.actor())) == ""


@pytest.mark.parametrize("text", INERT)
def test_other_signs_are_text(make: Factory, text: str) -> None:
    ticket = make.incident()
    assert fill(text, Scene(ticket, make.actor())) == text


def test_every_place_is_filled_in(make: Factory) -> None:
    person = make.person("Elena Ruiz Mora")
    ticket = make.incident(title="No sound", requester_id=person.id, group_id=make.group("Front").id)
    text = "|".join(f"{{{{ {name} }}}}" for name in PLACES)
    check("text", text)
    filled = fill(text, Scene(ticket, make.actor_of(person), for_staff=True)).split("|")
    values = dict(zip(PLACES, filled, strict=True))
    assert values["requester.first_name"] == "Elena"
    assert values["ticket.link"].endswith(f"/incidents/{ticket.number}")
    assert values["group.name"] == "Front"


def test_what_is_put_in_is_not_looked_at_again(make: Factory) -> None:
    ticket = make.incident(title="{{me.name}} {{ config }}")
    assert fill("{{ticket.title}}", Scene(ticket, make.actor())) == "{{me.name}} {{ config }}"


@given(strategies.text(alphabet="{}%_.a()[]' ", max_size=60))
def test_any_text_is_read_in_time(text: str) -> None:
    if "{{" not in text:
        check("text", text)
    with contextlib.suppress(Invalid):
        check("text", text)


@pytest.mark.parametrize("text", ["{{" + " " * 20_000, "{{ " * 7_000, "{{" + " a" * 10_000])
def test_the_longest_texts_are_read_in_time(make: Factory, text: str) -> None:
    check("text", text)
    assert fill(text, Scene(make.incident(), make.actor())) == text
