"""What attaching documents refuses."""

from infra.errors import Conflict


class TooManyDocuments(Conflict):
    """A voucher carries at most so many documents (API-111)."""

    code = "voucher.too_many_documents"
    zh = "一张凭证最多关联 {limit} 份原始凭证。"
    en = "A voucher carries at most {limit} documents."
