"""What the firm's desk refuses."""

from infra.errors import rule

TAX_ID_IS_IDENTITY = rule(
    "book.tax_id_is_identity",
    "该税号是居民身份证号；账套请填统一社会信用代码或单位的纳税人识别号。",
    "This tax id is an identity number; a book takes the social credit code or tax id of a company.",
)
