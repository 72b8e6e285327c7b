"""Commands for people and tokens."""

import click

from itsm.identity import queries, services
from itsm.identity.login import command_actor
from itsm.kernel.db import unit_of_work
from itsm.kernel.errors import NotFound
from itsm.kernel.text import _


@click.group()
def user() -> None:
    """People."""


@user.command("create")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", required=True, multiple=True, type=click.Choice(services.ROLES))
@click.option("--password", help="Without it the person signs in after a password reset.")
def create_user(email: str, name: str, role: tuple[str, ...], password: str | None) -> None:
    """Record a person who can sign in."""
    with unit_of_work():
        person = services.create_person(command_actor(), name=name, email=email, password=password, roles=role)
        click.echo(f"{person.email} was created with the role {', '.join(role)}.")


@click.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@click.option("--email", required=True, help="Whose token it is.")
@click.option("--name", required=True, help="What it is for.")
@click.option("--days", type=int, default=365, show_default=True, help="Days until it expires; 0 for never.")
@click.option("--scope", multiple=True, help="Permission that the token may use; without any, all of the person's.")
def create_token(email: str, name: str, days: int, scope: tuple[str, ...]) -> None:
    """Print a bearer token for the API, alone on standard output; it is shown this once."""
    with unit_of_work():
        person = queries.find_by_email(email)
        if person is None:
            raise NotFound(_("Nobody has the address %(email)s.", email=email))
        row, secret = services.create_token(
            command_actor(), person_id=person.id, name=name, scopes=scope, days=days or None
        )
        del row
    click.echo(secret)


COMMANDS = (user, token)
