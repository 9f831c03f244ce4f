"""World: four firms with three books each, everybody of the matrix, and what each may see of it all.

A and B work, C is suspended, D is a sandbox; of the books of C and of D the first is furnished. The accountant of the
matrix works in A1 and A2; nobody of the staff is assigned to A3. Whatever else stands in the database is none of its
business.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from infra.ids import encode
from infra.ports import Ports
from tenants.provisioning import provision
from tenants.scope import TenantRef
from tests.bola import principals as people
from tests.bola.canaries import Canaries
from tests.bola.furnishing import Book, Furnisher
from tests.bola.offices import Firm, consent, furnish_firm
from tests.bola.principals import Caller, Principal
from tests.factories.doors import Doors
from tests.factories.http import in_days

FIRMS = "ABCD"
BOOKS = (1, 2, 3)
_STAFF = {
    "accountant": ("staff", {1: "accountant", 2: "accountant"}),
    "outsider": ("staff", {2: "accountant"}),
    "reviewer": ("staff", {1: "reviewer", 2: "reviewer"}),
    "cashier": ("staff", {1: "cashier", 2: "cashier"}),
    "inspector": ("staff", {1: "inspector"}),
    "former": ("staff", {1: "accountant"}),
    "lapsed": ("staff", {1: "accountant"}),
    "of_a_team": ("staff", {}),
    "client_uploader": ("client", {1: "client_uploader"}),
    "client_boss": ("client", {1: "client_boss"}),
}


@dataclass
class World:
    """The firms by letter, the books by label and the principals by name."""

    ports: Ports
    client: FlaskClient
    firms: dict[str, Firm]
    books: dict[str, Book]
    principals: dict[str, Principal]

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("ports", "client")}

    def enter(self, ports: Ports, app: Flask) -> World:
        """The same world in this process, or in a copy of its database."""
        self.ports, self.client = ports, app.test_client(use_cookies=False)
        for firm in self.firms.values():
            firm.maker.client = firm.checker.client = self.client
        return self

    def objects(self, label: str) -> dict[str, str]:
        """What a book and its firm hold, by kind."""
        return {**self.firms[label[0]].objects, **self.books[label].objects}

    def owners(self, principal: Principal) -> set[str]:
        """Whose canaries a principal may see: its firm's and those of the books it may enter; operators see names."""
        if principal.bad or principal.suspended:
            return set()
        if not principal.firm:
            return {f"{letter}9" for letter in FIRMS}
        return {f"{principal.firm}0", f"{principal.firm}9", *(label for label in self.books if principal.enters(label))}


def build(ports: Ports, app: Flask) -> World:
    """The world, built through the API."""
    client = app.test_client(use_cookies=False)
    operators = {role: people.operator(ports, role) for role in ("ops_support", "ops_provisioner")}
    support = Caller(client, operators["ops_support"])
    firms = {letter: _firm(ports, client, letter, support) for letter in FIRMS}
    books = {}
    for place, label in enumerate(f"{letter}{number}" for letter in FIRMS for number in BOOKS):
        firm = firms[label[0]]
        beside = books.get(f"{label[0]}1") if label[0] in "CD" else None  # where nobody of the matrix works
        furnisher = Furnisher(Doors(ports, firm.tenant), firm.maker, firm.checker, label, place)
        books[label] = furnisher.furnish(beside)
        if beside is None:
            _grantee(ports, firm, books[label])
    world = World(ports, client, firms, books, {})
    world.principals = _principals(world, operators)
    people.suspend(ports, firms["C"].tenant)
    return world


def _firm(ports: Ports, client: FlaskClient, letter: str, operator: Caller) -> Firm:
    word, names = Canaries(f"{letter}0"), Canaries(f"{letter}9")
    suffix = uuid4().hex[:6]
    tenant = provision(
        ports.engine,
        ports.owner_engine,
        f"bola-{letter.lower()}-{suffix}",
        f"代账{names()}公司",
        ports.clock,
    )
    ports.keyring.create_firm_key(str(tenant.id))
    _numbers_of_its_own(ports, tenant, FIRMS.index(letter) + 1)
    users, callers = {}, []
    for name in ("maker", "checker", "spare", "staff_more"):
        role = "owner" if name in ("maker", "checker") else "staff"
        users[name] = people.person(ports, tenant, f"{word()}@bola.test".lower(), f"{name}{word()}", role)
    callers = [Caller(client, people.session(ports, tenant, users[name])) for name in ("maker", "checker")]
    firm = Firm(letter, tenant, word, *callers, users=users, names=names)
    key = firm.maker("POST", "/v1/api-keys", {"name": word(), "role": "manager", "days": 9}).json
    firm.objects = {
        "user": encode("usr", users["spare"]),
        "key": key["id"],
        "email": people.email_of(ports, users["maker"]),
        "firm_name": tenant.short_name,
        "firm_title": tenant.name,
        "author": f"user:{users['maker']}",
    }
    furnish_firm(ports, firm, operator)
    return firm


def _numbers_of_its_own(ports: Ports, tenant: TenantRef, place: int) -> None:
    """Let the identities of a firm begin elsewhere, so that a number of one firm is nobody's in another."""
    with ports.owner_engine.begin() as connection:
        found = connection.execute(
            text("select sequencename from pg_sequences where schemaname = :s"), {"s": tenant.schema}
        )
        for name in found.scalars().all():
            connection.exec_driver_sql(f"ALTER SEQUENCE {tenant.schema}.{name} RESTART WITH {place}000001")


def _grantee(ports: Ports, firm: Firm, book: Book) -> None:
    """Somebody who holds a role in this book only."""
    word = book.canaries
    user = people.person(ports, firm.tenant, f"{word()}@bola.test".lower(), word(), "staff")
    book.objects["granted"] = encode("usr", user)
    _grant(firm, book, book.objects["granted"], "cashier")
    team = firm.maker("POST", "/v1/teams", {"name": word()}).json["id"]
    firm.maker("PUT", f"/v1/books/{book.uid}/team-grants/{team}", {"role": "cashier"})
    book.objects["team_granted"] = team


def _grant(firm: Firm, book: Book, user: str, role: str) -> None:
    """A role in a book of the world, which is two books: the furnished one and the fresh one."""
    for uid in (book.uid, book.objects["book_fresh"]):
        until = {"until": in_days(30)} if role == "inspector" else {}
        firm.maker("PUT", f"/v1/books/{uid}/grants/{user}", {"role": role, **until})


def _principals(world: World, operators: dict[str, str]) -> dict[str, Principal]:
    ports, a, b, c = world.ports, world.firms["A"], world.firms["B"], world.firms["C"]
    boss = people.person(ports, a.tenant, f"{a.canaries()}@bola.test".lower(), a.canaries(), "owner")
    expired = people.session(ports, a.tenant, boss, timedelta(hours=-1))
    revoked = people.session(ports, a.tenant, boss)
    world.client.post("/v1/logout", headers={"Authorization": f"Bearer {revoked}"})
    found = [
        Principal("anonymous", bad=True),
        Principal("garbage", secret="zf_s_" + "A" * 43, bad=True),
        Principal("expired", secret=expired, bad=True),
        Principal("revoked", secret=revoked, bad=True),
        Principal("owner", "A", "owner", None, people.session(ports, a.tenant, boss), user_id=boss),
        *(_member(world, name) for name in _STAFF),
        _key(world, "key_read", "inspector"),
        _key(world, "key_book", "accountant"),
        Principal("ops_support", role="ops_support", secret=operators["ops_support"]),
        Principal("ops_provisioner", role="ops_provisioner", secret=operators["ops_provisioner"]),
        _owner_of(world, c, "suspended_owner"),
    ]
    _, both = (people.person(ports, one.tenant, "of-two-firms@bola.test", "两家所有者", "owner") for one in (a, b))
    token = people.session(ports, b.tenant, both)
    found.append(Principal("of_two_firms", "B", "owner", None, token, user_id=both))
    found.append(_stale(world, boss))
    found.append(_key(world, "key_narrow", "accountant", ["book.read", "voucher.read", "job.read"]))
    _turn(world, found)
    return {one.name: _equipped(world, one) for one in found}


def _equipped(world: World, who: Principal) -> Principal:
    """A person has another device and lets a program act for it, owners have a passkey: its own, and nobody else's."""
    if who.user_id is None or who.bad:
        return who
    ports, tenant = world.ports, world.firms[who.firm].tenant
    own = {"my_session": people.device(ports, tenant, who.user_id)}
    if who.name in ("owner", "of_two_firms"):
        own["my_factor"] = people.passkey(ports, who.user_id)
    if not who.suspended:
        own["my_consent"] = consent(Caller(world.client, who.secret), world.firms[who.firm].objects["oauth_client"])
    return replace(who, objects=own)


def _stale(world: World, boss: Any) -> Principal:
    """The owner with a session that proved nothing lately."""
    secret = people.session(world.ports, world.firms["A"].tenant, boss)
    with world.ports.owner_engine.begin() as connection:
        connection.execute(
            text("update platform.token set strong_at = null where hash = :h"), {"h": people.digest_of(secret)}
        )
    return Principal("stale", "A", "owner", None, secret, stale=True, user_id=boss)


def _turn(world: World, found: list[Principal]) -> None:
    """What was given and is over, or came another way: a member let go, a grant that lapsed, a grant of a team."""
    firm, book = world.firms["A"], world.books["A1"]
    at = {one.name: place for place, one in enumerate(found)}
    former, lapsed, mate = (found[at[name]] for name in ("former", "lapsed", "of_a_team"))
    with world.ports.owner_engine.begin() as connection:
        connection.execute(text("update platform.app_user set active = false where id = :u"), {"u": former.user_id})
        connection.execute(
            text(f"update {firm.tenant.schema}.book_grant set expires_at = now() where holder_id = :u"),
            {"u": lapsed.user_id},
        )
    team = firm.maker("POST", "/v1/teams", {"name": firm.canaries()}).json["id"]
    firm.maker("PUT", f"/v1/teams/{team}/members/{encode('usr', mate.user_id)}")
    for uid in (book.uid, book.objects["book_fresh"]):
        firm.maker("PUT", f"/v1/books/{uid}/team-grants/{team}", {"role": "accountant"})
    found[at["former"]] = replace(former, bad=True)
    found[at["lapsed"]] = replace(lapsed, books=frozenset())
    found[at["of_a_team"]] = replace(mate, books=frozenset({1}))


def _member(world: World, name: str) -> Principal:
    firm, (firm_role, grants) = world.firms["A"], _STAFF[name]
    word = firm.canaries
    user = people.person(world.ports, firm.tenant, f"{word()}@bola.test".lower(), f"{name}{word()}", firm_role)
    for number, role in grants.items():
        _grant(firm, world.books[f"A{number}"], encode("usr", user), role)
    secret = people.session(world.ports, firm.tenant, user)
    role = "accountant" if name in ("outsider", "former", "lapsed", "of_a_team") else name
    return Principal(name, "A", role, frozenset(grants), secret, user_id=user)


def _key(world: World, name: str, role: str, permissions: list[str] | None = None) -> Principal:
    book = world.books["A1"]
    body = {
        "name": name,
        "role": role,
        "days": 9,
        "books": [book.uid, book.objects["book_fresh"]],
        "permissions": permissions,
    }
    secret = world.firms["A"].maker("POST", "/v1/api-keys", body).json["secret"]
    held = frozenset(permissions) if permissions else None
    return Principal(name, "A", role, frozenset({1}), secret, person=False, ceiling=held)


def _owner_of(world: World, firm: Firm, name: str) -> Principal:
    user = firm.users["checker"]
    return Principal(
        name, firm.letter, "owner", None, people.session(world.ports, firm.tenant, user), suspended=True, user_id=user
    )
