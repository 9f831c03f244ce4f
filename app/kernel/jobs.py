"""The names of background work, and what one must be allowed to do in a book to start it there and to read its fates.

The functions that do the work are found by name in `jobs/registry.py`.
"""

from app.kernel.permissions import Permission

RECOGNISE = "invoices.recognise"
CLOSE = "closing.close"
SIGN = "proof.sign"
REBUILD = "proof.rebuild"
RESEAL = "keys.reseal"
ANCHOR = "audit.anchor"

READ_WITH = {
    RECOGNISE: Permission.DOCUMENT_READ,
    CLOSE: Permission.PERIOD_CLOSE,
    SIGN: Permission.LEDGER_READ,
    REBUILD: Permission.LEDGER_READ,
    RESEAL: Permission.AUDIT_READ,
    ANCHOR: Permission.AUDIT_READ,
}
"""What reading such work and its fates needs in its books: what the same facts are read with elsewhere. Nobody reads
work of a type that is not named here."""

_STARTED_WITH = {RECOGNISE: Permission.DOCUMENT_UPLOAD, CLOSE: Permission.PERIOD_CLOSE}


def started_with(job_type: str) -> Permission:
    """What starting such work needs; what the house starts by itself is the business of who runs the firm."""
    return _STARTED_WITH.get(job_type, Permission.STAFF_MANAGE)
