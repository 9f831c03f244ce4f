"""REF: what plain Postgres takes for the same rows, as the owner, without row-level security.

10,000 vouchers with 40,000 lines by COPY into tables with a primary key, two foreign keys, checks and an index on
(book, period, account), plus a balance check; the yardstick of docs/performance.md.
"""

from __future__ import annotations

from uuid import UUID

import psycopg

from infra.ids import new_id

_TABLES = (
    "DROP SCHEMA IF EXISTS ref CASCADE",
    "CREATE SCHEMA ref",
    "CREATE TABLE ref.account (book_id bigint, id bigint, PRIMARY KEY (book_id, id))",
    "INSERT INTO ref.account SELECT 1, n FROM generate_series(1, 200) n",
    "CREATE TABLE ref.voucher (book_id bigint, id uuid, period text, date date, word text, number int,"
    " PRIMARY KEY (book_id, id))",
    "CREATE TABLE ref.line (book_id bigint, voucher_id uuid, line_no int, period text, account_id bigint, summary text,"
    " debit numeric(19,2), credit numeric(19,2), PRIMARY KEY (book_id, voucher_id, line_no),"
    " FOREIGN KEY (book_id, voucher_id) REFERENCES ref.voucher,"
    " FOREIGN KEY (book_id, account_id) REFERENCES ref.account,"
    " CHECK ((debit = 0) <> (credit = 0)))",
    "CREATE INDEX line_account_ix ON ref.line (book_id, period, account_id)",
)
_BALANCE = (
    "SELECT count(*) FROM (SELECT voucher_id FROM ref.line GROUP BY voucher_id HAVING sum(debit) <> sum(credit)) bad"
)


_ONE = """
WITH head AS (INSERT INTO ref.voucher VALUES (1, %(id)s, '2026-01', '2026-01-15', '记', %(number)s))
INSERT INTO ref.line
SELECT 1, %(id)s, n, '2026-01', a, '销售商品', d, c
  FROM unnest(%(numbers)s::int[], %(accounts)s::bigint[], %(debits)s::numeric[], %(credits)s::numeric[])
       AS k (n, a, d, c)
"""


class Reference:
    """The yardstick's tables in the same database as ours."""

    def __init__(self, owner_url: str) -> None:
        self.connection = psycopg.connect(owner_url, autocommit=True)

    def post(self, vouchers: int) -> None:
        """COPY so many vouchers of four lines and check that they balance."""
        self.begin()
        ids = [new_id() for _ in range(vouchers)]
        with self.connection.transaction(), self.connection.cursor() as cursor:
            with cursor.copy("COPY ref.voucher FROM STDIN") as copy:
                for number, voucher_id in enumerate(ids, 1):
                    copy.write_row((1, voucher_id, "2026-01", "2026-01-15", "记", number))
            with cursor.copy("COPY ref.line FROM STDIN") as copy:
                for number, voucher_id in enumerate(ids):
                    for row in _lines(number, voucher_id):
                        copy.write_row(row)
            cursor.execute(_BALANCE)

    def begin(self) -> None:
        """Make the tables anew, empty."""
        for statement in _TABLES:
            self.connection.execute(statement)

    def one(self, number: int) -> None:
        """One voucher of four lines in one statement, which is one transaction; it waits for the disk as ours does."""
        voucher_id = new_id()
        _, _, numbers, _, accounts, _, debits, credits = zip(*_lines(number, voucher_id), strict=True)
        arrays = {
            "numbers": list(numbers),
            "accounts": list(accounts),
            "debits": list(debits),
            "credits": list(credits),
        }
        self.connection.execute(_ONE, {"id": voucher_id, "number": number, **arrays})

    def close(self) -> None:
        """Drop the tables."""
        self.connection.execute("DROP SCHEMA IF EXISTS ref CASCADE")
        self.connection.close()


def _lines(number: int, voucher_id: UUID) -> list[tuple[object, ...]]:
    head, account = (1, voucher_id), number % 150 + 1
    return [
        (*head, 1, "2026-01", account, "销售商品", "113.00", "0"),
        (*head, 2, "2026-01", account + 1, "销售商品", "0", "100.00"),
        (*head, 3, "2026-01", account + 2, "销售商品", "0", "12.00"),
        (*head, 4, "2026-01", account + 3, "销售商品", "0", "1.00"),
    ]
