"""Background proof: seals are signed after their commit, balances are rebuilt and compared every night."""

from __future__ import annotations

from app.ledger.proof.signing.service import keep, sign, waiting
from app.ledger.proof.types import Notary, Unsigned
from jobs.runner import JobRun

BATCH = 200


def _waiting(run: JobRun, books: list[int], after: tuple[int, int]) -> list[Unsigned]:
    with run.scope(read_only=True) as scope:
        return waiting(scope, books, after, BATCH)


def sign_seals(run: JobRun) -> None:
    """Sign the seals of `args`' books that nobody signed yet; `proof.seal_replaced` is named and signs nothing."""
    notary, books, replaced = Notary.of(run.ports, run.tenant), run.args["books"], []
    after = (0, 0)
    while unsigned := _waiting(run, books, after):
        signed, refused = sign(notary, unsigned)
        with run.scope() as scope:
            keep(scope, books, signed)
        replaced += refused
        after = unsigned[-1][:2]
        run.checkpoint()
    run.result({"replaced": replaced}, partially=bool(replaced))
