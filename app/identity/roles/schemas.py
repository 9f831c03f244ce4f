"""What roles, teams and grants are read from and written as."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Choice, Flag, Instant, ObjectId, Pattern, Visible
from app.http.schemas import RequestSchema, ResponseSchema
from app.identity.roles.errors import OWN_ROLE_FORMAT
from app.identity.schemas import RoleCode
from app.kernel.permissions import Permission


class RoleIn(RequestSchema):
    """A role of the firm's own, whole; a change says it whole too."""

    code = Pattern(r"own_[a-z0-9_]{1,34}", OWN_ROLE_FORMAT, required=True)
    name_zh = Visible(50, required=True)
    name_en = Visible(50, required=True)
    reach = Choice(("firm", "book"), required=True)
    side = Choice(("staff", "client"), load_default="staff")
    permissions = fields.List(Choice(tuple(Permission)), required=True)
    all_books = Flag(load_default=False)


class RolePatch(RequestSchema):
    """What may change of an own role; where it is held stays."""

    name_zh = Visible(50)
    name_en = Visible(50)
    permissions = fields.List(Choice(tuple(Permission)))
    all_books = Flag()
    active = Flag()


class RoleOut(ResponseSchema):
    """A role, built-in or the firm's own."""

    code = fields.String(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    reach = fields.String(required=True)
    side = fields.String(required=True)
    permissions = fields.List(fields.String(), required=True)
    all_books = fields.Boolean(required=True)
    active = fields.Boolean(required=True)
    builtin = fields.Boolean(required=True)


class RolesOut(ResponseSchema):
    """Every role there is for the firm."""

    data = fields.List(fields.Nested(RoleOut), required=True)


class TeamIn(RequestSchema):
    """A team by its name."""

    name = Visible(50, required=True)


class TeamOut(ResponseSchema):
    """A team."""

    id = ObjectId("team", required=True)
    name = fields.String(required=True)
    created_at = Instant(required=True)


class TeamMemberOut(ResponseSchema):
    """A person of a team."""

    id = ObjectId("usr", required=True)
    email = fields.String(required=True)
    name = fields.String(required=True)
    joined_at = Instant(required=True)


class GrantIn(RequestSchema):
    """The role to hold in the book, for good or until a moment (an inspector's time box, 12号 Art. 46)."""

    role = RoleCode(required=True)
    until = Instant(load_default=None)


class GrantOut(ResponseSchema):
    """A person's role in the book."""

    id = ObjectId("usr", required=True)
    email = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    granted_at = Instant(required=True)
    expires_at = Instant(required=True, allow_none=True)


class TeamGrantOut(ResponseSchema):
    """A team's role in the book."""

    id = ObjectId("team", required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    granted_at = Instant(required=True)
    expires_at = Instant(required=True, allow_none=True)
