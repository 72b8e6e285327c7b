"""Tables of people, organisations, sites, groups, roles and API tokens."""

import uuid
from datetime import datetime

from flask_security import RoleMixin, UserMixin
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, Timestamps

person_role = Table(
    "person_role",
    Base.metadata,
    Column("person_id", BigId, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", BigId, ForeignKey("role.id", ondelete="CASCADE"), primary_key=True),
    **Base.__table_args__,
)


class Organisation(Base, Timestamps):
    """A customer or unit in a tree; `path` lists the ids from the root (`/1/7/`), so that a subtree is one range."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    parent_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisation.id"))
    path: Mapped[str] = mapped_column(default="/", index=True)
    version: Mapped[int] = mapped_column(default=1)


class Site(Base, Timestamps):
    """A place where people and equipment are; it has a time zone and a language."""

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    timezone: Mapped[str] = mapped_column(default="UTC")
    city: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="")


class Role(Base, RoleMixin):
    """A role of the contract (`agent`, `admin`, …); its permissions are declared by the modules."""

    __tablename__ = "role"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str | None]


class Person(Base, UserMixin, Timestamps):
    """Someone who asks, works or is recorded; may sign in when `password` is set and `active` is true.

    `access_version` rises with every change of roles, groups or organisation, so that cached rights end at once.
    """

    __tablename__ = "person"
    __table_args__ = (Index("ix_person_name_key", "name_key"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(default="")  # lower case, for search by prefix
    email: Mapped[str | None] = mapped_column(unique=True)  # type: ignore[assignment]  # lower case; some have none
    phone: Mapped[str] = mapped_column(default="", index=True)
    title: Mapped[str] = mapped_column(default="")
    organisation_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisation.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("site.id"))
    manager_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    language: Mapped[str] = mapped_column(default="")
    timezone: Mapped[str] = mapped_column(default="")
    theme: Mapped[str] = mapped_column(default="auto")  # auto, light, dark
    vip: Mapped[bool] = mapped_column(default=False)
    sees_colleagues: Mapped[bool] = mapped_column(default=False)  # may read tickets of the own organisation and below
    password: Mapped[str | None]  # people without a login have none
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(unique=True, default=lambda: uuid.uuid4().hex)
    failed_logins: Mapped[int] = mapped_column(default=0)  # from everywhere, since the last right password
    locked_until: Mapped[datetime | None]  # browsers that never signed in wait until then
    mail_failed_at: Mapped[datetime | None]  # permanent delivery failure; automatic mail is held back
    access_version: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation | None] = relationship(lazy="raise")
    site: Mapped[Site | None] = relationship(lazy="raise")
    roles: Mapped[list[Role]] = relationship(  # type: ignore[assignment]  # list is invariant
        secondary=person_role, lazy="select"
    )


class Group(Base, Timestamps):
    """A team that works tickets at support level 1, 2 or 3; `escalates_to` is where work goes that needs more skill.

    Tickets of a `restricted` group are seen by its members only. `strategy` says how its tickets find their assignee: `none`,
    `round_robin`, `by_load` or `by_skill`.
    """

    __tablename__ = "support_group"
    __table_args__ = (CheckConstraint("level BETWEEN 1 AND 3", name="level"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    level: Mapped[int] = mapped_column(default=1)
    email: Mapped[str] = mapped_column(default="")
    manager_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    escalates_to_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("support_group.id"))
    restricted: Mapped[bool] = mapped_column(default=False)
    strategy: Mapped[str] = mapped_column(default="none", server_default="none")
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class GroupMember(Base):
    """A person works in a group."""

    __tablename__ = "group_member"

    group_id: Mapped[int] = mapped_column(BigId, ForeignKey("support_group.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class ApiToken(Base):
    """A bearer token; only its SHA-256 is kept. `scopes` narrows the person's permissions; empty means all of them."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    token_sha256: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class LoginSession(Base):
    """A browser in which a person is signed in; its cookie carries a secret of which only the SHA-256 is kept."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id", ondelete="CASCADE"), index=True)
    secret_sha256: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)  # to a quarter of an hour
    address: Mapped[str] = mapped_column(default="")
    user_agent: Mapped[str] = mapped_column(default="")


class LoginTries(Base):
    """Wrong passwords of an account from one place: a network, or a browser that signed in to it before."""

    __tablename__ = "login_tries"

    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    locked_until: Mapped[datetime | None]
