"""The stores of artefacts: one contract, on a disk and in an object store."""

import hashlib
import http.server
import threading

import pytest

from pipeline.publish import s3, storage
from pipeline.publish.objects import MissingObjectError, WrongObjectError
from tests.services import swift
from tests.waiting import until

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    if not swift.found():
        pytest.skip("Swift is not installed")
    with swift.running(tmp_path_factory.mktemp("swift")) as url:
        yield url


def client(url, secret=swift.SECRET, **more):
    import boto3
    from botocore.config import Config

    config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, **more)
    return boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id=swift.KEY,
        aws_secret_access_key=secret, config=config,
    )  # fmt: skip


def make_bucket(made, name):
    """Swift that has just started, or is busy, answers 503: a bucket is asked for again."""

    def there():
        try:
            made.create_bucket(Bucket=name)
        except made.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 503:
                raise
            return False
        return True

    assert until(there, 60)


@pytest.fixture(params=["file", "s3"])
def store(request, tmp_path):
    if request.param == "file":
        return storage.FileStore(tmp_path / "store")
    url = request.getfixturevalue("address")
    made = client(url)
    bucket = f"b{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:20]}"
    make_bucket(made, bucket)
    return s3.S3Store(f"s3://{bucket}/some/prefix", made)


def file_of(tmp_path, data):
    path = tmp_path / "source"
    path.write_bytes(data)
    return path, f"gated/a/b/processed/00/{hashlib.sha256(data).hexdigest()}"


def test_what_is_put_comes_back_whole_and_in_parts(store, tmp_path):
    source, key = file_of(tmp_path, bytes(range(256)) * 40_000)
    store.put(key, source)
    store.put(key, source)
    assert store.size(key) == source.stat().st_size
    assert (
        b"".join(storage.blocks(store.open(key), 1_000, 5_000_000))
        == (source.read_bytes()[1_000:5_001_000])
    )
    store.fetch(key, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == source.read_bytes()
    assert [*store.keys("gated/a/")] == [key]
    store.delete(key)
    store.delete(key)
    assert [*store.keys("gated/")] == []
    for ask in (store.size, store.open):
        with pytest.raises(MissingObjectError):
            ask(key)
    store.check()


def test_other_bytes_than_the_key_names_are_never_kept(store, tmp_path):
    source, key = file_of(tmp_path, b"right")
    source.write_bytes(b"wrong")
    with pytest.raises(WrongObjectError):
        store.put(key, source)
    assert [*store.keys("gated/")] == []


def test_a_key_does_not_climb_out(store, tmp_path):
    source, _ = file_of(tmp_path, b"x")
    with pytest.raises(ValueError, match="leaves the storage"):
        store.put("gated/../../x", source)


def test_large_objects_go_up_in_parts(store, tmp_path, monkeypatch):
    monkeypatch.setattr(s3, "PART", 5 << 20)
    source, key = file_of(tmp_path, b"0123456789abcdef" * 800_000)
    store.put(key, source)
    store.fetch(key, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == source.read_bytes()


def test_a_wrong_secret_is_an_error_of_storage(address):
    with pytest.raises(OSError, match="storage answered"):
        s3.S3Store("s3://anything", client(address, secret="guessed")).check()


class Ill(http.server.BaseHTTPRequestHandler):
    """A store that is busy, or breaks off in the middle of a body."""

    cut = False

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()

    def do_GET(self):
        if not self.cut:
            self.send_error(503)
            return
        self.send_response(206)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"x" * 400)

    do_PUT = do_GET  # noqa: N815  the names that the library looks for

    def log_message(self, *words):
        pass


@pytest.mark.parametrize("cut", [False, True])
def test_a_busy_store_and_a_body_that_is_cut_are_errors_and_leave_nothing(tmp_path, cut):
    handler = type("Handler", (Ill,), {"cut": cut})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        held = s3.S3Store("s3://b/p", client(f"http://127.0.0.1:{server.server_port}"))
        with pytest.raises(OSError, match=r"storage (answered|broke off)"):
            held.fetch("gated/x/" + "0" * 64, tmp_path / "back")
        assert not (tmp_path / "back").exists()
        source, key = file_of(tmp_path, b"data")
        if not cut:
            with pytest.raises(OSError, match="storage answered"):
                held.put(key, source)
    finally:
        server.shutdown()
        server.server_close()
