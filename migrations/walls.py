"""The wall around a table of a firm's schema: row-level security and what the logins may do there.

Invariant: the policy compares `app.tenant` with the schema's own name and holds `book_id` inside the range of books
that the door set; the application's login owns nothing.
"""

from __future__ import annotations

from alembic import context, op

from tenants.naming import APP, BACKUP, checked

_INSIDE = "nullif(current_setting('app.tenant', true), '') = '{schema}'"
# A CASE, because the planner takes a range between two unknown settings for one row in two hundred, and then believes
# that every index of a book's table finds one row: it loops over whole books (docs/adr/0012).
_IN_RANGE = (
    "case when book_id >= nullif(current_setting('app.book_from', true), '')::bigint"
    " and book_id <= nullif(current_setting('app.book_to', true), '')::bigint then true else false end"
)
_BY_OWNER = {
    "firm": "{inside}",
    "book": f"{{inside}} and {_IN_RANGE}",
    "either": f"{{inside}} and (book_id is null or {_IN_RANGE})",
}


def schema() -> str:
    """The firm's schema that is being migrated."""
    return checked(context.config.attributes["schema"])


def run(statement: str) -> None:
    """One statement, `tenant.` standing for the firm's schema."""
    op.get_bind().exec_driver_sql(statement.replace("tenant.", f"{schema()}.").replace("%", "%%"))


def wall(table: str, rights: str, owner: str = "book") -> None:
    """Wall a table in and give the logins what they need; its rows belong to the `firm`, to a `book` or to `either`."""
    condition = _BY_OWNER[owner].format(inside=_INSIDE.format(schema=schema()))
    run(f"ALTER TABLE tenant.{table} ENABLE ROW LEVEL SECURITY")
    run(f"CREATE POLICY {table}_door ON tenant.{table} USING ({condition}) WITH CHECK ({condition})")
    run(f"GRANT {rights} ON tenant.{table} TO {APP}")
    run(f"GRANT SELECT ON tenant.{table} TO {BACKUP}")
