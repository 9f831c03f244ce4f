"""One firm with one furnished book, and who may ask what of it: the place that strangers' requests are sent to.

The firm and the book are furnished as those of the authorisation matrix are, so every operation finds an object of its
own kind. Invariant: what is asked in `rehearsal` goes the whole way, up to the commit, and is rolled back there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote
from uuid import uuid4

from flask import Flask

from app.kernel.permissions import CLIENT_ONLY
from infra.ids import encode
from infra.ports import Ports
from tenants.provisioning import provision
from tests.bola import principals as people
from tests.bola.asking import Asker
from tests.bola.canaries import Canaries
from tests.bola.furnishing import Furnisher
from tests.bola.offices import Firm, furnish_firm
from tests.bola.operations import Operation
from tests.bola.principals import Caller
from tests.bola.recipes import Recipe, filled
from tests.bola.recipes_paths import HEADERS
from tests.bola.world import World
from tests.factories.doors import Doors


@dataclass
class Office:
    """A small world: firm A, its book A1, and the tokens of those who ask."""

    world: World
    asker: Asker
    owner: str
    client: str
    operator: str

    @property
    def objects(self) -> dict[str, str]:
        """One object of every kind, by kind."""
        return self.world.objects("A1")

    def headers(self, operation: Operation) -> dict[str, str]:
        """What says who asks: the owner, the client's own person where only that one may, an operator, a program."""
        if operation.scope == "public":
            return dict(filled(HEADERS.get(operation.name, {}), self.objects))
        secret = self.operator if operation.scope == "ops" else self.owner
        if operation.permission in CLIENT_ONLY:
            secret = self.client
        return {"Authorization": f"Bearer {secret}"}

    def path(self, operation: Operation, recipe: Recipe) -> dict[str, str]:
        """The parameters of an operation's path, each an object of its kind."""
        return {name: quote(filled(recipe.path[name], self.objects), safe="") for name in operation.parameters}

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """A time in which nothing lasts, and everybody has proved just now who it is."""
        people.prove_anew(self.world.ports)
        self.asker.rehearsing = True
        try:
            yield
        finally:
            self.asker.rehearsing = False


def open_office(ports: Ports, app: Flask) -> Office:
    """The office, furnished through the API."""
    client = app.test_client()
    operator = people.operator(ports, "operator")
    word = Canaries("A0")
    tenant = provision(ports.engine, ports.owner_engine, f"office-{uuid4().hex[:6]}", f"代账{word()}", ports.clock)
    ports.keyring.create_firm_key(str(tenant.id))
    users = {
        name: people.person(ports, tenant, f"{name}-{tenant.short_name}@office.test", name, role)
        for name, role in (("maker", "owner"), ("checker", "owner"), ("spare", "staff"), ("staff_more", "staff"))
    }
    maker, checker = (Caller(client, people.session(ports, tenant, users[name])) for name in ("maker", "checker"))
    firm = Firm("A", tenant, word, maker, checker, users=users)
    key = maker("POST", "/v1/api-keys", {"name": word(), "role": "manager", "days": 9}).json["id"]
    firm.objects = {
        "user": encode("usr", users["spare"]),
        "key": key,
        "email": people.email_of(ports, users["maker"]),
        "firm_name": tenant.short_name,
        "firm_title": tenant.name,
        "author": f"user:{users['maker']}",
    }
    furnish_firm(ports, firm, Caller(client, operator))
    book = Furnisher(Doors(ports, tenant), maker, checker, "A1", 0).furnish()
    book.objects["granted"] = firm.objects["user"]
    book.objects["team_granted"] = firm.objects["team"]
    boss = people.person(ports, tenant, f"boss-{tenant.short_name}@office.test", "老板", "client")
    for who, role in ((encode("usr", boss), "client_boss"), (book.objects["granted"], "cashier")):
        maker("PUT", f"/v1/books/{book.uid}/grants/{who}", {"role": role})
    maker("PUT", f"/v1/books/{book.uid}/team-grants/{firm.objects['team']}", {"role": "cashier"})
    world = World(ports, client, {"A": firm}, {"A1": book}, {})
    return Office(world, Asker(world), maker.secret, people.session(ports, tenant, boss), operator)
