"""Words of the hash chain over what was posted."""

from __future__ import annotations

from typing import NamedTuple


class Link(NamedTuple):
    """A posted voucher in the order of its book: the SHA-256 of its content at the place it took."""

    book_id: int
    post_seq: int
    content_hash: bytes
