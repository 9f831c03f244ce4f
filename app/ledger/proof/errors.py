"""What proof refuses."""

from infra.errors import Conflict


class SealReplaced(Conflict):
    """The object store holds a signature under another seal of the same number: somebody rewrote the database."""

    code = "proof.seal_replaced"
    zh = "账套的第 {number} 个结账封印与此前已签名的不同，拒绝再次签名。请立即核查。"
    en = "Seal {number} of the book is not the one that was signed before; it is not signed again. Look into it now."
