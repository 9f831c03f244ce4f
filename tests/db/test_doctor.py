"""The doctor finds nothing in sound books, and each kind of damage in a book broken on purpose."""

from __future__ import annotations

import pytest

from app.doctor.service import examine
from infra.ports import Ports
from tenants.provisioning import provision
from tests.factories.breakage import BREAKAGES, Breakage, break_book, ended_year, sound_book
from tests.factories.doors import Doors


def clinic(ports: Ports, short_name: str) -> Doors:
    """The doors of a firm of these tests' own."""
    tenant = provision(ports.engine, ports.owner_engine, short_name, "诊所", ports.clock)
    ports.keyring.create_firm_key(str(tenant.id))
    return Doors(ports, tenant)


@pytest.fixture(scope="module")
def ward(ports: Ports) -> Doors:
    """The firm whose books are broken."""
    return clinic(ports, "doctor-ward")


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.name)
def test_the_doctor_notices_that(ward: Doors, admin_url: str, breakage: Breakage) -> None:
    book = (ended_year if breakage.ended_year else sound_book)(ward)
    with ward.firm(read_only=True) as scope:
        assert [f for r in examine(scope) for f in r.findings if f.book_id == book.id] == []
    break_book(admin_url, ward.tenant, breakage.sql, book.id)
    with ward.firm(read_only=True) as scope:
        reports = examine(scope)
    assert {r.id for r in reports if any(f.book_id == book.id for f in r.findings)} == breakage.noticed
