"""Which handler runs which type of job; the types are the words `tenants.outbox.enqueue` is given."""

from __future__ import annotations

from app.kernel.jobs import ANCHOR, CLOSE, REBUILD, RECOGNISE, RESEAL, SIGN
from jobs.audit import anchor
from jobs.closing import close
from jobs.invoices import recognise
from jobs.keys import reseal
from jobs.proof import rebuild, sign_seals
from jobs.runner import Handler

HANDLERS: dict[str, Handler] = {
    CLOSE: close,
    RECOGNISE: recognise,
    SIGN: sign_seals,
    REBUILD: rebuild,
    RESEAL: reseal,
    ANCHOR: anchor,
}

NIGHTLY = (SIGN, REBUILD, RESEAL)
"""What every firm does once a day, right after midnight in China."""

HOURLY = (ANCHOR,)
"""What every firm does at the beginning of an hour: at most 75 minutes of acts are under no checkpoint (INV-13)."""
