"""Settings: read once from the environment, immutable, and the only place that names an environment variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from infra.logs import FORMATS


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the servers are and which secrets open them; URLs are libpq style, sizes in bytes, times in seconds."""

    database_url: str
    database_owner_url: str
    database_backup_url: str
    database_ops_url: str
    redis_url: str
    s3_endpoint_url: str
    s3_access_key: str
    s3_secret_key: str
    s3_region: str
    s3_bucket: str
    secret_key: str
    root_key_file: Path
    api_host: str
    api_port: int
    pool_size: int
    public_url: str  # scheme, host and port under which people and their browsers reach the API
    passkey_domain: str
    passkey_origins: tuple[str, ...]
    second_factor: str  # required | optional
    rate_limits: str = "roomy"  # a plan of app.http.limits, with a factor if wanted: roomy*10
    tripwire: float = 0.01  # the share of transactions whose session is asked where it stands
    log_format: str = "text"  # text for people, json for programs

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read the settings; raises `KeyError` naming the first variable that is missing, `ValueError` for a
        word that is none of those it may be."""
        app_url = env["DATABASE_URL"]
        public_url = public_address(env)
        return cls(
            database_url=app_url,
            database_owner_url=env.get("DATABASE_OWNER_URL", ""),
            database_backup_url=env.get("DATABASE_BACKUP_URL", ""),
            database_ops_url=env.get("DATABASE_OPS_URL", ""),
            redis_url=env["REDIS_URL"],
            s3_endpoint_url=env["S3_ENDPOINT_URL"],
            s3_access_key=env["S3_ACCESS_KEY"],
            s3_secret_key=env["S3_SECRET_KEY"],
            s3_region=env.get("S3_REGION", "us-east-1"),
            s3_bucket=env.get("S3_BUCKET", "zhangfang"),
            secret_key=env["SECRET_KEY"],
            root_key_file=Path(env["ROOT_KEY_FILE"]),
            api_host=env.get("API_HOST", "127.0.0.1"),
            api_port=int(env.get("API_PORT", "8080")),
            pool_size=int(env.get("DATABASE_POOL_SIZE", "8")),
            public_url=public_url,
            passkey_domain=env.get("PASSKEY_DOMAIN") or urlsplit(public_url).hostname or "localhost",
            passkey_origins=tuple((env.get("PASSKEY_ORIGINS") or public_url).split(",")),
            second_factor=_one_of(env.get("SECOND_FACTOR", "required"), ("required", "optional")),
            rate_limits=env.get("RATE_LIMITS", "roomy"),
            tripwire=float(env.get("TRIPWIRE_SHARE", "0.01")),
            log_format=_one_of(env.get("LOG_FORMAT", "text"), FORMATS),
        )


def public_address(env: Mapping[str, str]) -> str:
    """Where people and their browsers reach the API, without a slash at the end; the issuer of tokens is this word."""
    return (env.get("PUBLIC_URL") or f"http://localhost:{env.get('API_PORT') or '8080'}").rstrip("/")


def _one_of(word: str, words: tuple[str, ...]) -> str:
    if word not in words:
        raise ValueError(f"{word!r} is none of {', '.join(words)}")
    return word
