"""Objects in a real S3."""

from __future__ import annotations

import os
from uuid import uuid4

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.errors import Refusal
from infra.files import FileExists, FileNotThere, Files, FilesUnavailable
from infra.local.stack import Stack


@pytest.fixture
def key() -> str:
    return f"tests/{uuid4()}"


def test_what_was_put_comes_back_with_its_chinese_metadata(files: Files, key: str) -> None:
    body = os.urandom(300_000)
    files.put(key, body, {"name": "进项发票（八月）.xml"}, "application/xml")
    assert files.get(key) == body
    found = files.head(key)
    assert (found.size, found.content_type, found.metadata) == (
        300_000,
        "application/xml",
        {"name": "进项发票（八月）.xml"},
    )


def test_a_key_that_is_not_there_is_a_coded_refusal(files: Files, key: str) -> None:
    with pytest.raises(FileNotThere) as absent:
        files.get(key)
    assert (absent.value.code, absent.value.status) == ("files.not_found", 404)
    with pytest.raises(FileNotThere):
        files.head(key)


def test_a_deleted_object_is_gone_and_deleting_again_is_no_error(files: Files, key: str) -> None:
    files.put(key, b"once")
    files.delete(key)
    files.delete(key)
    with pytest.raises(FileNotThere):
        files.get(key)


def test_a_new_object_never_replaces_one_that_is_there(files: Files, key: str) -> None:
    files.put(key, b"first", new=True)
    with pytest.raises(FileExists):
        files.put(key, b"second", new=True)
    assert files.get(key) == b"first"


def test_listing_gives_every_key_of_a_prefix_beyond_one_page(files: Files, key: str) -> None:
    wanted = [f"{key}/{number:04d}" for number in range(5)]
    for name in wanted:
        files.put(name, b"x")
    files.put(f"{key}-other", b"x")
    assert [entry.key for entry in files.list(f"{key}/")] == wanted
    assert sum(entry.size for entry in files.list(f"{key}/")) == 5


def test_a_store_that_does_not_answer_is_unavailable(stack: Stack) -> None:
    nobody = Files.connect(stack.settings | {"S3_ENDPOINT_URL": "http://127.0.0.1:9"}, attempts=1)
    for ask in (lambda: nobody.get("x"), lambda: nobody.put("x", b""), lambda: list(nobody.list("x"))):
        with pytest.raises(FilesUnavailable) as silent:
            ask()
        assert (silent.value.code, silent.value.status) == ("files.unavailable", 503)
        assert (silent.value.params, silent.value.internal) == ({}, {"key": "x"})


def test_a_wrong_secret_is_refused_with_a_code(stack: Stack, key: str) -> None:
    with pytest.raises(Refusal) as refused:
        Files.connect(stack.settings | {"S3_SECRET_KEY": "wrong"}).put(key, b"x")
    assert refused.value.code == "files.unavailable"


def test_nobody_reads_without_a_login(stack: Stack, files: Files, key: str) -> None:
    files.put(key, b"secret")
    anonymous = boto3.client(
        "s3",
        endpoint_url=stack.settings["S3_ENDPOINT_URL"],
        region_name="us-east-1",
        config=Config(signature_version=UNSIGNED, s3={"addressing_style": "path"}),
    )
    with pytest.raises(ClientError) as refused:
        anonymous.get_object(Bucket=files.bucket, Key=key)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
