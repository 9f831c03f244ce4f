"""Rules of sessions: how long one holds, and what another may see of it."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

SESSION_LIFE = timedelta(hours=12)


def masked(address: str) -> str:
    """The network of an address, as it is shown to others: `203.0.*.*`, `2001:db8:*`; empty for what is none."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    parts = known.exploded.split("." if known.version == 4 else ":")
    if known.version == 4:
        return f"{parts[0]}.{parts[1]}.*.*"
    return f"{parts[0].lstrip('0') or '0'}:{parts[1].lstrip('0') or '0'}:*"
