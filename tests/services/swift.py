"""A Swift with its S3 interface in a folder of its own: it really refuses bad signatures."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port

NEEDED = ("swift-proxy-server", "swift-object-server", "swift-ring-builder", "memcached")
KEY, SECRET = "test:tester", "testing"  # of this store alone


def found() -> bool:
    return all(shutil.which(name) for name in NEEDED)


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The address of a store that answers; gone afterwards."""
    ports = {name: free_port() for name in ("proxy", "account", "container", "object", "memcache")}
    (folder / "node/sda").mkdir(parents=True)
    _configure(folder, ports)
    for name in ("account", "container", "object"):
        _ring(folder, name, ports[name])
    commands = [["memcached", "-u", "root", "-l", "127.0.0.1", "-p", str(ports["memcache"])]]
    commands += [
        [f"swift-{name}-server", str(folder / f"{name}.conf")]
        for name in ("account", "container", "object", "proxy")
    ]
    place = {**os.environ, "SWIFT_CONF_DIR": str(folder)}
    log = (folder / "log").open("wb")
    servers = [
        subprocess.Popen(command, stdout=log, stderr=log, env=place, start_new_session=True)
        for command in commands
    ]
    try:
        _wait(ports["proxy"], servers, folder)
        yield f"http://127.0.0.1:{ports['proxy']}"
    finally:
        for server in servers:
            server.kill()
            server.wait()
        log.close()


def _wait(port: int, servers: list[subprocess.Popen], folder: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        dead = [server.args for server in servers if server.poll() is not None]
        if dead:
            raise RuntimeError(f"{dead} ended: {(folder / 'log').read_text()[-2000:]}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("Swift does not answer")


def _ring(folder: Path, name: str, port: int) -> None:
    builder = str(folder / f"{name}.builder")
    device = f"r1z1-127.0.0.1:{port}/sda"
    for words in (["create", "6", "1", "1"], ["add", device, "1"], ["rebalance"]):
        done = subprocess.run(
            ["swift-ring-builder", builder, *words], capture_output=True, text=True, check=False
        )
        if done.returncode > 1:  # 1 is a warning
            raise RuntimeError(done.stdout + done.stderr)


def _configure(folder: Path, ports: dict[str, int]) -> None:
    (folder / "swift.conf").write_text(
        "[swift-hash]\nswift_hash_path_suffix = tests\nswift_hash_path_prefix = tests\n"
        "[storage-policy:0]\nname = one\ndefault = yes\n"
    )
    common = f"bind_ip = 127.0.0.1\nuser = root\nswift_dir = {folder}\nworkers = 0\n"
    for name in ("account", "container", "object"):
        (folder / f"{name}.conf").write_text(
            f"[DEFAULT]\n{common}bind_port = {ports[name]}\n"
            f"devices = {folder}/node\nmount_check = false\n"
            f"[pipeline:main]\npipeline = {name}-server\n"
            f"[app:{name}-server]\nuse = egg:swift#{name}\n"
        )
    filters = {
        "catch_errors": "",
        "proxy-logging": "",
        "cache": f"use = egg:swift#memcache\nmemcache_servers = 127.0.0.1:{ports['memcache']}\n",
        "s3api": "location = us-east-1\n",
        "tempauth": f"user_{KEY.replace(':', '_')} = {SECRET} .admin\n",
        "bulk": "",
        "slo": "",
        "dlo": "",
        "versioned_writes": "allow_object_versioning = true\n",
        "symlink": "",
    }
    order = "catch_errors proxy-logging cache s3api tempauth bulk slo dlo versioned_writes symlink"
    text = f"[DEFAULT]\n{common}bind_port = {ports['proxy']}\n"
    text += f"[pipeline:main]\npipeline = {order} proxy-logging proxy-server\n"
    text += "[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n"
    for name, told in filters.items():
        use = "" if told.startswith("use =") else f"use = egg:swift#{name.replace('-', '_')}\n"
        text += f"[filter:{name}]\n{use}{told}"
    (folder / "proxy.conf").write_text(text)
