"""A schema's fingerprint: everything that makes one firm's schema behave like another's (INV-17).

Invariant: the schema's own name is replaced, so two firms at one revision give equal fingerprints.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

_CATALOGUE = {
    "columns": """
        SELECT format('%s.%s %s %s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                      pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated)
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
         WHERE c.relnamespace = cast(:schema AS regnamespace) AND c.relkind IN ('r', 'p')""",
    "constraints": """
        SELECT format('%s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
         WHERE connamespace = cast(:schema AS regnamespace)""",
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = :schema",
    "triggers": """
        SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         WHERE c.relnamespace = cast(:schema AS regnamespace) AND NOT t.tgisinternal""",
    "functions": "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = cast(:schema AS regnamespace)",
    "policies": """
        SELECT format('%s %s %s %s %s %s %s', tablename, policyname, permissive, roles, cmd, qual, with_check)
          FROM pg_policies WHERE schemaname = :schema""",
    "walls": """
        SELECT format('%s %s %s', relname, relrowsecurity, relforcerowsecurity) FROM pg_class
         WHERE relnamespace = cast(:schema AS regnamespace) AND relkind = 'r'""",
    "grants": """
        SELECT format('%s %s', relname, relacl) FROM pg_class WHERE relnamespace = cast(:schema AS regnamespace)
         UNION ALL SELECT format('schema %s', nspacl) FROM pg_namespace
         WHERE oid = cast(:schema AS regnamespace)""",
    "storage": """
        SELECT format('%s %s', relname, reloptions) FROM pg_class
         WHERE relnamespace = cast(:schema AS regnamespace) AND relkind = 'r'""",
}


def fingerprint(connection: Connection, schema: str) -> dict[str, list[str]]:
    """What the catalogue says of a schema, by kind, sorted, with the schema's name replaced by `tenant`."""
    found = {}
    for kind, query in _CATALOGUE.items():
        lines = connection.execute(text(query), {"schema": schema}).scalars()
        found[kind] = sorted(str(line).replace(schema, "tenant") for line in lines)
    return found
