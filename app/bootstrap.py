"""Settings become ports, every table and every code is loaded: used by wsgi, jobs, migrations and tests.

Importing this module registers all models in the two metadatas, and the codes that only other processes refuse by but
whose sentence every process must know, for they are kept in rows; `connect` opens the ports of one process.
"""

from __future__ import annotations

from collections.abc import Mapping

from redis import Redis

import app.audit.models
import app.books.models
import app.closing.models
import app.documents.models
import app.identity.break_glass.models
import app.identity.factors.models
import app.identity.invitations.models
import app.identity.models
import app.identity.outside.models
import app.identity.policy.models
import app.invoices.models
import app.ledger.dimensions.particulars.models
import app.ledger.models
import app.ledger.proof.models
import app.ledger.statements.models
import app.ledger.vouchers.models
import app.portal.models
import app.sensitive.credentials.models
import app.sensitive.two_persons.errors
import app.sensitive.two_persons.models
import infra.sandbox.errors
from infra.anchors import Anchors
from infra.clock import Clock, system_clock
from infra.crypto import Keyring
from infra.db import make_engine
from infra.files import Files
from infra.ports import Ports
from infra.settings import Settings
from tenants.models import platform, tenant

_LOADED = (
    app.audit.models,
    app.books.models,
    app.closing.models,
    app.documents.models,
    app.identity.factors.models,
    app.identity.invitations.models,
    app.identity.break_glass.models,
    app.identity.models,
    app.identity.outside.models,
    app.identity.policy.models,
    app.invoices.models,
    app.ledger.dimensions.particulars.models,
    app.ledger.models,
    app.ledger.proof.models,
    app.ledger.statements.models,
    app.ledger.vouchers.models,
    app.portal.models,
    app.sensitive.credentials.models,
    app.sensitive.two_persons.errors,
    app.sensitive.two_persons.models,
    infra.sandbox.errors,
)

PLATFORM_METADATA = platform
TENANT_METADATA = tenant


def connect(settings: Settings, environment: Mapping[str, str], clock: Clock = system_clock) -> Ports:
    """Open the ports of one process; the file store must answer, the databases are contacted when first used."""
    files = Files.connect(environment)
    files.ensure_bucket()
    return Ports(
        settings=settings,
        engine=make_engine(settings.database_url, settings.pool_size, tripwire=settings.tripwire),
        owner_engine=make_engine(settings.database_owner_url, 1, "zhangfang-owner"),
        redis=Redis.from_url(settings.redis_url, socket_timeout=5, socket_connect_timeout=2),
        files=files,
        anchors=Anchors.of(environment),
        keyring=Keyring(settings.root_key_file, files),
        clock=clock,
    )
