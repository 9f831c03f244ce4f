"""The names of background work; the functions that do it are found by name in `jobs/registry.py`."""

RECOGNISE = "invoices.recognise"
CLOSE = "closing.close"
SIGN = "proof.sign"
REBUILD = "proof.rebuild"
RESEAL = "keys.reseal"
ANCHOR = "audit.anchor"
