"""An S3 server on this machine for tests, with boto3 as the judge of what is in it."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

SECRET = "wJalrXUtnFEMIsecret"


@dataclass(frozen=True)
class Bucket:
    """One bucket, which is empty at first."""

    name: str
    client: Any

    def url(self, key: str = "") -> str:
        return f"s3://{self.name}/{key}"

    def put(self, key: str, data: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=data)

    def get(self, key: str) -> bytes:
        data: bytes = self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return data

    def said(self, key: str) -> dict[str, str]:
        said: dict[str, str] = self.client.head_object(Bucket=self.name, Key=key)["Metadata"]
        return said

    def listed(self) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [each["Key"] for page in pages for each in page.get("Contents", ())]


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of a server for all tests of this process."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A bucket of its own, in what this process, and those it starts, take for Amazon's store."""
    import boto3

    use(s3_server, monkeypatch)
    made = Bucket(f"test-{secrets.token_hex(6)}", boto3.client("s3", endpoint_url=s3_server))
    made.client.create_bucket(Bucket=made.name)
    return made


def use(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process, and those it starts, take the server at an address for Amazon's."""
    for name, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
