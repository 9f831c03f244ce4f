"""A bucket whose objects stay: written once, under object lock (COMPLIANCE) where the store has it.

It may lie in another account than the rest (`S3_ANCHOR_*`, each falling back to `S3_*`). Invariant: what counts is the
first version of a key; a later one, or a mark of deletion laid over it, is seen and named, never believed. Where a
bucket has no object lock, `locked` says so and only the refusal to write twice is left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from infra.errors import Refusal
from infra.files import FileExists, FileNotThere, Files, client, error_code, refusing

_OWN = ("ENDPOINT_URL", "ACCESS_KEY", "SECRET_KEY", "REGION")
_NO_LOCK = {"ObjectLockConfigurationNotFoundError", "NotImplemented", "MethodNotAllowed"}


class Kept(NamedTuple):
    """The first version of a key, how many versions the key has, and whether a mark of deletion hides it."""

    key: str
    version: str
    copies: int
    hidden: bool


class Anchors(Files):
    """One bucket in which nothing is written twice."""

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> Anchors:
        """The bucket of the settings (`S3_ANCHOR_BUCKET`, else the usual bucket's name and `-anchors`)."""
        own = {f"S3_{name}": settings[f"S3_ANCHOR_{name}"] for name in _OWN if f"S3_ANCHOR_{name}" in settings}
        bucket = settings.get("S3_ANCHOR_BUCKET", f"{settings['S3_BUCKET']}-anchors")
        return cls(client({**settings, **own}), bucket)

    @cached_property
    def locked(self) -> bool:
        """Whether objects of this bucket can be locked; makes the bucket when it is not there."""
        self.ensure_bucket(lockable=True)
        with self._perhaps(_NO_LOCK):
            found = self._client.get_object_lock_configuration(Bucket=self.bucket)
            return found["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled"
        return False

    def keep(self, key: str, body: bytes, until: datetime) -> None:
        """Write an object that nobody deletes before `until`; raises `files.exists` when the key was ever taken."""
        lock: dict[str, Any] = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
        arguments = lock if self.locked else {}
        if key in self.history(key):
            raise FileExists(internal={"key": key})
        with refusing(key):
            self._client.put_object(Bucket=self.bucket, Key=key, Body=body, IfNoneMatch="*", **arguments)

    def read(self, kept: Kept) -> bytes:
        """The bytes of a first version; raises `files.not_found`."""
        with refusing(kept.key):
            return self._client.get_object(Bucket=self.bucket, Key=kept.key, VersionId=kept.version)["Body"].read()

    def first(self, key: str) -> bytes:
        """The bytes of the first version of a key; raises `files.not_found`."""
        kept = self.history(key).get(key)
        if kept is None or not kept.copies:
            raise FileNotThere(internal={"key": key})
        return self.read(kept)

    def history(self, prefix: str) -> dict[str, Kept]:
        """Every key of a prefix, in order; empty when there is no bucket yet."""
        found: dict[str, Kept] = {}
        with self._perhaps({"NoSuchBucket"}):
            pages = self._client.get_paginator("list_object_versions")
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
                for one in page.get("Versions", ()):  # a key's newest comes first: the last one seen is its first
                    before = found.get(one["Key"])
                    copies = before.copies + 1 if before else 1
                    found[one["Key"]] = Kept(one["Key"], one["VersionId"], copies, bool(before and before.hidden))
                for mark in page.get("DeleteMarkers", ()):
                    seen = found.get(mark["Key"], Kept(mark["Key"], "", 0, True))
                    found[mark["Key"]] = seen._replace(hidden=True)
        return dict(sorted(found.items()))

    @contextmanager
    def _perhaps(self, absent: Collection[str]) -> Iterator[None]:
        """Bear these codes of the store: what is asked for need not be there."""
        try:
            with refusing(""):
                yield
        except Refusal as refused:
            if not isinstance(refused.__cause__, ClientError) or error_code(refused.__cause__) not in absent:
                raise
