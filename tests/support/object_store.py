"""A server of S3's protocol, over real HTTP, with one bucket."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import boto3

from support.processes import Running, started

BUCKET = "builds"
URL = f"s3://{BUCKET}/cache"


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """A running server, and the environment in which clients find it."""

    server: Running
    environment: Mapping[str, str]


def environment(port: int) -> dict[str, str]:
    """Return what clients need to find a server on a port of this machine."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
    }


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    """Run a server with an empty bucket."""
    with started([sys.executable, "-m", "moto.server", "--port", "0"]) as server:
        variables = environment(server.port)
        client = boto3.client(
            "s3",
            endpoint_url=variables["AWS_ENDPOINT_URL"],
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            region_name=variables["AWS_DEFAULT_REGION"],
        )
        client.create_bucket(Bucket=BUCKET)
        yield ObjectStore(server, variables)
