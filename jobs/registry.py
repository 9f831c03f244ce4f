"""Which handler runs which type of job; the types are the words `tenants.outbox.enqueue` is given."""

from __future__ import annotations

from app.kernel.jobs import CLOSE
from jobs.closing import close
from jobs.runner import Handler

HANDLERS: dict[str, Handler] = {CLOSE: close}
