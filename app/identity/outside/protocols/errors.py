"""What is refused about what a provider says."""

from infra.errors import Unauthenticated


class OutsideRefused(Unauthenticated):
    """The provider did not vouch for anybody, or what it said cannot be believed."""

    code = "outside_login.refused"
    zh = "外部身份源未能证明您的身份，请重新登录。"
    en = "The identity provider did not vouch for you; begin again."
