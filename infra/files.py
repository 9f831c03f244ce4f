"""Objects in any S3: the one place that speaks to it.

Invariant: what `get` returns is what `put` was given, checked by the checksum that was stored with it; every failure
is a coded refusal. Nothing here encrypts: secrets and client documents are sealed by `infra.crypto` first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote, unquote

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.errors import Conflict, NotFound, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OCTETS = "application/octet-stream"
ATTEMPTS = 3
"""How often a call is tried: with what follows, one that hangs ends after half a minute, before the database ends the
transaction that waits for it (60 seconds)."""
_CONNECTING, _SILENCE = 3, 10  # seconds; the second is without a byte, so a large object may take its time
_GONE = {"404", "NoSuchKey", "NotFound", "NoSuchVersion"}
_TAKEN = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}
_OURS = {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}


class FilesUnavailable(Unavailable):
    """The object store does not answer, or refuses our login."""

    code = "files.unavailable"
    zh = "文件存储暂时不可用，请稍后再试"
    en = "The file store is not available now; try again later"


class FileNotThere(NotFound):
    """No object has this key."""

    code = "files.not_found"
    zh = "文件不存在"
    en = "The file does not exist"


class FileExists(Conflict):
    """An object that must be new is already there."""

    code = "files.exists"
    zh = "文件已存在"
    en = "The file already exists"


@dataclass(frozen=True, slots=True)
class Entry:
    """An object as the store describes it; size in bytes. `metadata` and `content_type` come with `head` only."""

    key: str
    size: int
    modified: datetime
    content_type: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


class Files:
    """One bucket."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    @classmethod
    def connect(cls, settings: Mapping[str, str], *, attempts: int = ATTEMPTS) -> Files:
        """The bucket the settings name (`S3_ENDPOINT_URL`, `S3_ACCESS_KEY` ...); nothing is sent yet."""
        return cls(client(settings, attempts), settings["S3_BUCKET"])

    def ensure_bucket(self, *, lockable: bool = False) -> None:
        """Make the bucket when it is not there; `lockable` only when it is made can objects be locked in it."""
        region = self._client.meta.region_name
        place: dict[str, Any] = {"ObjectLockEnabledForBucket": True} if lockable else {}
        if region != "us-east-1":
            place["CreateBucketConfiguration"] = {"LocationConstraint": region}
        try:
            with refusing(""):
                try:
                    self._client.head_bucket(Bucket=self.bucket)
                except ClientError as error:
                    if error_code(error) not in _GONE:
                        raise
                    self._client.create_bucket(Bucket=self.bucket, **place)
        except FilesUnavailable as refusal:
            # Two processes may have seen it missing at once.
            if not isinstance(refusal.__cause__, ClientError) or error_code(refusal.__cause__) not in _OURS:
                raise

    def put(
        self,
        key: str,
        body: bytes,
        metadata: Mapping[str, str] | None = None,
        content_type: str = OCTETS,
        *,
        new: bool = False,
    ) -> None:
        """Store an object; with `new`, raise `files.exists` when the key is taken. Metadata may be any Unicode text."""
        described = {name: quote(value) for name, value in (metadata or {}).items()}  # S3 keeps ASCII only
        with refusing(key):
            if new:
                self._client.put_object(
                    Bucket=self.bucket,
                    Key=key,
                    Body=body,
                    Metadata=described,
                    ContentType=content_type,
                    IfNoneMatch="*",
                )
            else:
                self._client.put_object(
                    Bucket=self.bucket, Key=key, Body=body, Metadata=described, ContentType=content_type
                )

    def get(self, key: str) -> bytes:
        """The bytes of an object, or raise `files.not_found`."""
        with refusing(key):
            return self._client.get_object(Bucket=self.bucket, Key=key, ChecksumMode="ENABLED")["Body"].read()

    def head(self, key: str) -> Entry:
        """What is known of an object without reading it, or raise `files.not_found`."""
        with refusing(key):
            found = self._client.head_object(Bucket=self.bucket, Key=key)
        described = {name: unquote(value) for name, value in found["Metadata"].items()}
        return Entry(key, found["ContentLength"], found["LastModified"], found["ContentType"], described)

    def list(self, prefix: str) -> Iterator[Entry]:
        """Every object whose key begins with `prefix`, in the order of the keys."""
        with refusing(prefix):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
                for found in page.get("Contents", ()):
                    yield Entry(found["Key"], found["Size"], found["LastModified"])

    def delete(self, key: str) -> None:
        """Delete an object; deleting what is not there is no error."""
        with refusing(key):
            self._client.delete_object(Bucket=self.bucket, Key=key)

    def destroy(self, prefix: str) -> None:
        """Delete every object whose key begins with `prefix`, with every older version a versioned bucket kept."""
        for entry in list(self.list(prefix)):
            self.delete(entry.key)
        with refusing(prefix):
            for page in self._client.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=prefix):
                for found in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                    self._client.delete_object(Bucket=self.bucket, Key=found["Key"], VersionId=found["VersionId"])


def client(settings: Mapping[str, str], attempts: int = ATTEMPTS) -> S3Client:
    """A client of the store the settings name; nothing is sent yet."""
    config = Config(
        connect_timeout=_CONNECTING,
        read_timeout=_SILENCE,
        retries={"mode": "standard", "total_max_attempts": attempts},
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_supported",
        response_checksum_validation="when_supported",
        max_pool_connections=32,
    )
    return boto3.session.Session().client(
        "s3",
        endpoint_url=settings["S3_ENDPOINT_URL"],
        aws_access_key_id=settings["S3_ACCESS_KEY"],
        aws_secret_access_key=settings["S3_SECRET_KEY"],
        region_name=settings.get("S3_REGION", "us-east-1"),
        config=config,
    )


@contextmanager
def refusing(key: str) -> Iterator[None]:
    """Turn whatever the store or the way to it says into a coded refusal."""
    try:
        yield
    except ClientError as error:
        _refuse(key, error)
    except BotoCoreError as error:  # no connection, a timeout, or bytes that do not match their checksum
        raise FilesUnavailable(internal={"key": key}) from error


def _refuse(key: str, error: ClientError) -> NoReturn:
    code = error_code(error)
    if code in _GONE:
        raise FileNotThere(internal={"key": key}) from error
    if code in _TAKEN:
        raise FileExists(internal={"key": key}) from error
    raise FilesUnavailable(internal={"key": key}) from error


def error_code(error: ClientError) -> str:
    """The code of the store's own error."""
    return error.response.get("Error", {}).get("Code", "")
