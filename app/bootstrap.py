"""Settings become ports, and every table is loaded: used by wsgi, jobs, migrations and tests.

Importing this module registers all models in the two metadatas; `connect` opens the ports of one process.
"""

from __future__ import annotations

import app.audit.models
import app.books.models
import app.documents.models
import app.identity.models
import app.invoices.models
import app.ledger.models
from tenants.models import platform, tenant

_LOADED = (
    app.audit.models,
    app.books.models,
    app.documents.models,
    app.identity.models,
    app.invoices.models,
    app.ledger.models,
)

PLATFORM_METADATA = platform
TENANT_METADATA = tenant
