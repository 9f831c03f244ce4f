"""The doctor finds nothing in sound books, and each kind of damage in a book broken on purpose."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal as D
from uuid import UUID

import pytest

from app.closing import service as closing
from app.doctor.service import CHECKS, examine, examine_all
from app.doctor.structure.queries import NAMED, OWNED
from app.doctor.types import LIMIT, CheckReport, Finding
from app.documents.types import Incoming, Vault
from app.invoices import service as invoices
from app.kernel.jobs import CLOSE
from app.kernel.periods import Period
from app.ledger.opening.service import OpeningRow, set_opening
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Draft, Line
from app.standards.loader import released
from infra.ports import Ports
from tenants import idempotency, leases, outbox
from tenants.provisioning import provision
from tests.factories.breakage import BREAKAGES, Breakage, break_rows, draft, post, receipt, sale, trading_company
from tests.factories.breakage import year_end as ended_year
from tests.factories.doors import Doors
from tests.unit.invoices.faces import OURS, parsed, red


def clinic(ports: Ports, short_name: str) -> Doors:
    """The doors of a firm of these tests' own."""
    tenant = provision(ports.engine, ports.owner_engine, short_name, "诊所", ports.clock)
    ports.keyring.create_firm_key(str(tenant.id))
    return Doors(ports, tenant)


@pytest.fixture(scope="module")
def ward(ports: Ports) -> Doors:
    """The firm whose books are broken."""
    return clinic(ports, "doctor-ward")


@pytest.fixture(scope="module")
def morgue(ports: Ports) -> Doors:
    """The firm whose tables are broken."""
    return clinic(ports, "doctor-morgue")


def reports_of(doors: Doors) -> list[CheckReport]:
    """What the doctor says of a firm."""
    with doors.firm(read_only=True) as scope:
        return examine(scope)


def findings(reports: Sequence[CheckReport], book_id: int | None) -> dict[str, list[Finding]]:
    """What was found in one book, or in the firm itself, by check."""
    found = {report.id: [one for one in report.findings if one.book_id == book_id] for report in reports}
    return {check: ones for check, ones in found.items() if ones}


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.name)
def test_the_doctor_notices_that(ward: Doors, admin_url: str, breakage: Breakage) -> None:
    patient = breakage.patient(ward)
    assert findings(reports_of(ward), patient.book.id) == {}
    break_rows(admin_url, ward.tenant, breakage.sql, **patient.named)
    assert set(findings(reports_of(ward), patient.book.id)) == set(breakage.noticed.split())
