"""Every write to people, organisations, sites, groups, roles and tokens."""

from itsm.identity.services.access import (
    FAILURES_BEFORE_LOCK,
    LONGEST_LOCK_SECONDS,
    LONGEST_PASSWORD,
    PASSWORD_FORM,
    SHORTEST_PASSWORD,
    change_password,
    end_access,
    is_locked,
    note_failed_login,
    note_login,
    note_new_password,
    password_objection,
)
from itsm.identity.services.checks import check_place_in_time
from itsm.identity.services.groups import create_group, edit_group, set_groups_of_person, set_members
from itsm.identity.services.people import ROLES, create_person, edit_person, save_preferences, seed_roles
from itsm.identity.services.places import create_organisation, create_site, edit_organisation, edit_site
from itsm.identity.services.tokens import TOKEN_PREFIX, create_token, revoke_token, token_digest

__all__ = [
    "FAILURES_BEFORE_LOCK",
    "LONGEST_LOCK_SECONDS",
    "LONGEST_PASSWORD",
    "PASSWORD_FORM",
    "ROLES",
    "SHORTEST_PASSWORD",
    "TOKEN_PREFIX",
    "change_password",
    "check_place_in_time",
    "create_group",
    "create_organisation",
    "create_person",
    "create_site",
    "create_token",
    "edit_group",
    "edit_organisation",
    "edit_person",
    "edit_site",
    "end_access",
    "is_locked",
    "note_failed_login",
    "note_login",
    "note_new_password",
    "password_objection",
    "revoke_token",
    "save_preferences",
    "seed_roles",
    "set_groups_of_person",
    "set_members",
    "token_digest",
]
