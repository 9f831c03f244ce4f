"""Which handler runs which type of job; the types are the words `tenants.outbox.enqueue` is given."""

from __future__ import annotations

from app.kernel.jobs import CLOSE, RECOGNISE
from jobs.closing import close
from jobs.invoices import recognise
from jobs.runner import Handler

HANDLERS: dict[str, Handler] = {CLOSE: close, RECOGNISE: recognise}
