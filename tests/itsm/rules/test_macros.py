"""Macros: whose they are, and that they run as a whole or not at all."""

import pytest
from flask import Flask

from itsm.kernel.errors import Forbidden, Invalid, NotFound
from itsm.rules import macros, queries
from itsm.rules.macros import create_macro, run_macro
from itsm.rules.views_macros import find_macros, macros_for
from tests.factories import Factory
from tests.itsm.rules.conftest import MakeRule, journal
from tests.statements import counted

REPLY = {"do": "reply", "text": "Hello {{requester.first_name}}, {{me.first_name}} looks at it."}
HOLD = {"do": "step", "step": "hold", "hold_reason": "customer"}


def test_several_changes_and_a_reply_in_one_step(make: Factory) -> None:
    agent, person = make.actor("agent", name="Anna Karlsson"), make.person("Elena Ruiz")
    ticket = make.incident(requester_id=person.id)
    macro = create_macro(agent, {"name": "Ask", "actions": [REPLY, HOLD]})
    result = run_macro(agent, [ticket], macro)[0]
    assert [str(each) for each in result.done] == ["reply written", "step: Put on hold"]
    reply = next(entry for entry in journal(ticket) if entry.kind == "public")
    assert (reply.body, reply.automatic) == ("Hello Elena, Anna looks at it.", False)
    assert ticket.state == "on_hold"
    assert ticket.responded_at is not None


def test_on_each_ticket_all_of_it_or_nothing(make: Factory) -> None:
    agent = make.actor("agent")
    fine, closed = make.incident(), make.incident()
    macro = create_macro(agent, {"name": "Ask", "actions": [{"do": "note", "text": "asked"}, HOLD]})
    run_macro(agent, [closed], macro)
    before = len(journal(closed))
    results = run_macro(agent, [fine, closed], macro)
    assert [each.error is None for each in results] == [True, False]
    assert (fine.state, len(journal(closed))) == ("on_hold", before)


def test_a_macro_does_no_more_than_its_user_may(make: Factory) -> None:
    change = make.change()
    manager = make.actor("manager")
    macro = create_macro(manager, {"name": "Loud", "actions": [{"do": "set_urgency", "urgency": 1}]})
    result = run_macro(manager, [change], macro)[0]
    assert isinstance(result.error, Forbidden)


def test_kinds_of_a_macro(make: Factory) -> None:
    agent = make.actor("agent")
    macro = create_macro(
        agent, {"name": "Calm", "kinds": ["problem"], "actions": [{"do": "set_urgency", "urgency": 4}]}
    )
    incident, problem = make.incident(), make.problem()
    assert [each.error is None for each in run_macro(agent, [incident, problem], macro)] == [False, True]
    assert macros_for(agent, incident) == []
    assert [each.name for each in macros_for(agent, problem)] == ["Calm"]


def test_own_group_and_everyone(make: Factory) -> None:
    group = make.group()
    mine, member, other = make.actor("agent"), make.actor("agent", groups=(group,)), make.actor("agent")
    boss = make.actor("supervisor")
    action = {"actions": [{"do": "note", "text": "x"}]}
    own = create_macro(mine, {"name": "Mine", **action})
    create_macro(boss, {"name": "Team", "scope": "group", "group_id": group.id, **action})
    shared = create_macro(boss, {"name": "All", "scope": "all", **action})
    assert [row.name for row in queries.list_macros(mine)] == ["Mine", "All"]
    assert [row.name for row in queries.list_macros(member)] == ["Team", "All"]
    assert [row.name for row in queries.list_macros(boss)] == ["Team", "All"]
    with pytest.raises(NotFound):
        queries.get_macro(other, own.id)
    with pytest.raises(Forbidden):
        run_macro(other, [make.incident()], own)
    with pytest.raises(Forbidden):
        macros.edit_macro(other, shared.id, version=None, values={"name": "Stolen"})
    with pytest.raises(Forbidden):
        create_macro(other, {"name": "Shared", "scope": "all", **action})


def test_names_differ_among_what_one_sees_as_ones_own(make: Factory) -> None:
    agent, other = make.actor("agent"), make.actor("agent")
    action = {"actions": [{"do": "note", "text": "x"}]}
    create_macro(agent, {"name": "Ask", **action})
    create_macro(other, {"name": "Ask", **action})
    with pytest.raises(Invalid):
        create_macro(agent, {"name": "Ask", **action})


def test_the_command_palette_offers_macros_on_a_tickets_page(app: Flask, make: Factory) -> None:
    agent, ticket = make.actor("agent"), make.incident()
    macro = create_macro(agent, {"name": "Ask for details", "actions": [{"do": "note", "text": "x"}]})
    page = f"/incidents/{ticket.number.lower()}?x=1"
    with app.test_request_context():
        found = find_macros(agent, "details ask", page)
        assert [(each.title, each.address, each.post) for each in found] == [
            ("Ask for details", f"/tickets/{ticket.id}/macros/{macro.id}", True)
        ]
        assert find_macros(agent, "printer", page) == []
        assert find_macros(agent, "ask", "/desk") == []
        assert find_macros(make.actor("agent"), "ask", page) == []


def test_the_menu_costs_no_statement_once_macros_are_known(make: Factory) -> None:
    agent, ticket = make.actor("agent"), make.incident()
    create_macro(agent, {"name": "Ask", "actions": [{"do": "note", "text": "x"}]})
    macros_for(agent, ticket)
    with counted() as seen:
        assert len(macros_for(agent, ticket)) == 1
    assert seen == []


def test_a_macro_does_nothing_on_a_ticket_that_its_user_may_only_read(make: Factory) -> None:
    change, manager = make.change(), make.actor("manager")
    mail = {"do": "notify", "to": "person", "person_id": make.person().id, "subject": "Hello", "text": "Words"}
    macro = create_macro(manager, {"name": "Mail", "actions": [mail]})
    assert isinstance(run_macro(manager, [change], macro)[0].error, Forbidden)


def test_only_who_makes_rules_changes_a_macro_that_a_rule_runs(make: Factory, rule: MakeRule) -> None:
    agent, admin = make.actor("agent"), make.actor("admin")
    macro = create_macro(agent, {"name": "Calm", "actions": [{"do": "set_urgency", "urgency": 4}]})
    rule({"do": "macro", "macro_id": macro.id}, active=False)
    spying = {"actions": [{"do": "watch", "person_id": agent.person_id}]}
    with pytest.raises(Forbidden):
        macros.edit_macro(agent, macro.id, version=None, values=spying)
    with pytest.raises(Forbidden):
        macros.delete_macro(agent, macro.id)
    shared = create_macro(admin, {"name": "All", "scope": "all", "actions": [{"do": "set_urgency", "urgency": 4}]})
    rule({"do": "macro", "macro_id": shared.id})
    assert macros.edit_macro(admin, shared.id, version=None, values={"name": "Everybody"}).name == "Everybody"
