"""The names of background work, and what one must be allowed to do in a book to start it there.

The functions that do the work are found by name in `jobs/registry.py`.
"""

from app.kernel.permissions import Permission

RECOGNISE = "invoices.recognise"
CLOSE = "closing.close"
SIGN = "proof.sign"
REBUILD = "proof.rebuild"
RESEAL = "keys.reseal"
ANCHOR = "audit.anchor"

_STARTED_WITH = {RECOGNISE: Permission.DOCUMENT_UPLOAD, CLOSE: Permission.PERIOD_CLOSE}


def started_with(job_type: str) -> Permission:
    """What starting such work needs; what the house starts by itself is the business of who runs the firm."""
    return _STARTED_WITH.get(job_type, Permission.STAFF_MANAGE)
