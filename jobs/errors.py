"""What the command line refuses by itself."""

from infra.errors import Forbidden


class NotAnOperator(Forbidden):
    """The act needs the token of a chief operator."""

    code = "operator.required"
    zh = "需要运维主管的令牌（环境变量 ZHANGFANG_OPERATOR_TOKEN）。"
    en = "The token of a chief operator is needed (ZHANGFANG_OPERATOR_TOKEN)."
