"""Sources stack and hub: Parquet files of The Stack, from disk and from a real server."""

import gzip
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.collect import hub, stack
from pipeline.shards.hashes import git_blob_id
from tests.pipeline.shelves import brief, build, bytes_of, dropped, rows, total

TEXT = "x = 1\n"
COMMIT = "1" * 40


def v1(told=TEXT, hexsha="", **changes):
    row = {"hexsha": hexsha or git_blob_id(told.encode()), "size": len(told), "ext": "py"}
    row |= {"lang": "Python", "content": told}
    for by, owner in (("stars", "ann"), ("issues", "bob"), ("forks", "ann")):
        row |= {
            f"max_{by}_repo_path": "src/a.py",
            f"max_{by}_repo_name": f"{owner}/tool",
            f"max_{by}_repo_head_hexsha": "a" * 40,
            f"max_{by}_repo_licenses": ["MIT"],
            f"max_{by}_count": 7,
        }
    return row | changes


def v2(data=b"x = 1\n", **changes):
    return {
        "blob_id": hashlib.sha1(data).hexdigest(),
        "content_id": git_blob_id(data),
        "path": "/src/a.py",
        "repo_name": "ann/tool",
        "revision_id": "b" * 40,
        "branch_name": "refs/heads/trunk",
        "github_id": 42,
        "star_events_count": 3,
        "fork_events_count": 1,
        "detected_licenses": ["MIT", "Apache-2.0"],
        "license_type": "permissive",
        "src_encoding": "UTF-8",
        "language": "Python",
        "is_vendor": False,
        "is_generated": True,
        "length_bytes": len(data),
        **changes,
    }


def written(path, told, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(told), path, **options)
    return path


def collected(tmp_path, *paths, contents="", **options):
    root = tmp_path / "stack"
    stack.write_index(root, [stack.look(path, path.name) for path in paths], contents)
    asked = brief([], sources=[{"kind": "stack", "folder": str(root)}], options=options)
    done = build(asked, tmp_path / "out", upto="collect")["collect"]
    return rows(tmp_path / "out", done, "occurrences.parquet"), done


def test_a_row_of_v1_stands_at_each_of_its_holders(tmp_path):
    places, done = collected(tmp_path, written(tmp_path / "a.parquet", [v1()]))
    told = [(p["repo_name"], p["stars"], p["issues"], p["forks"]) for p in places]
    assert sorted(told, key=str) == [("ann/tool", 7, None, 7), ("bob/tool", None, 7, None)]
    assert {p["source"] for p in places} == {"stack-v1"}
    assert {(p["lang"], p["head"], *p["licenses"]) for p in places} == {("Python", "a" * 40, "MIT")}
    (blob,) = rows(tmp_path / "out", done, "blobs.parquet")
    assert (blob["hexsha"], blob["content"]) == (git_blob_id(TEXT.encode()), TEXT)


def test_the_encoding_of_v1_is_found_by_its_id(tmp_path):
    told = "# naïve\n"
    latin = git_blob_id(told.encode("latin-1"))
    marked = git_blob_id(told.encode("utf-8-sig"))
    path = written(tmp_path / "a.parquet", [v1(told, latin), v1(told, marked), v1("y\n", "f" * 40)])
    places, done = collected(tmp_path, path)
    blobs = {row["hexsha"]: row for row in rows(tmp_path / "out", done, "blobs.parquet")}
    assert blobs[latin]["encoding"] == "cp1252"
    assert blobs[marked]["encoding"] == "utf-8-sig"
    own = git_blob_id(b"y\n")  # an id that its bytes do not have is not believed
    assert {p["source"] for p in places if p["hexsha"] == own} == {"stack-v1:" + "f" * 40}


def test_odd_rows_of_v1_are_counted(tmp_path):
    names = {f"max_{by}_repo_name": "no name" for by in ("stars", "issues", "forks")}
    told = [v1(), v1(**names), v1(content=None), v1(""), v1("a\x00b"), v1("x" * 2_000)]
    told += [v1("z\n", **{f"max_{by}_repo_path": "../../x" for by in ("stars", "issues", "forks")})]
    _, done = collected(tmp_path, written(tmp_path / "a.parquet", told), max_file_bytes=1_000)
    assert dropped(done) == {"malformed-row": 3, "empty": 1, "binary": 1, "too-large": 1}


def test_a_licence_that_nobody_knows_is_kept_as_unknown(tmp_path):
    told = {
        f"max_{by}_repo_licenses": ["MIT", "Some Odd Thing"] for by in ("stars", "issues", "forks")
    }
    places, _ = collected(tmp_path, written(tmp_path / "a.parquet", [v1(**told)]))
    assert places[0]["licenses"] == ["LicenseRef-Some-Odd-Thing", "MIT"]


def test_texts_of_v2_come_from_where_they_lie(tmp_path):
    contents = tmp_path / "contents"
    (contents / "ab").mkdir(parents=True)
    russian = "# Привет, мир\n".encode("cp1251") * 4
    datas = [TEXT.encode(), b"y = 2\n", russian, b"gone\n", b"wrong\n"]
    told = [v2(data) for data in datas]
    names = [row["blob_id"] for row in told]
    (contents / names[0]).write_bytes(datas[0])
    (contents / f"{names[1]}.gz").write_bytes(gzip.compress(datas[1]))
    folder = contents / names[2][:2]
    folder.mkdir(exist_ok=True)
    (folder / names[2]).write_bytes(datas[2])
    (contents / names[4]).write_bytes(b"another text\n")
    told.append(v2(b"large", length_bytes=5_000_000))
    places, done = collected(
        tmp_path, written(tmp_path / "a.parquet", told), contents=str(contents)
    )
    assert len(places) == 3
    assert dropped(done) == {"missing-content": 1, "wrong-content": 1, "too-large": 1}
    place = places[0]
    assert (place["repo_id"], place["stars"], place["forks"]) == (42, 3, 1)
    assert (place["branch"], place["path"], place["head"]) == ("trunk", "src/a.py", "b" * 40)
    assert (place["is_generated"], place["is_vendored"]) == (True, False)
    assert place["licenses"] == ["Apache-2.0", "MIT"]
    texts = {row["content"] for row in rows(tmp_path / "out", done, "blobs.parquet")}
    assert texts == {TEXT, "y = 2\n", russian.decode("cp1251")}


class Bucket(BaseHTTPRequestHandler):
    """Answers a GET of an object as a store does."""

    objects, asked = {}, []

    def do_GET(self):
        Bucket.asked.append((self.path.partition("?")[0], self.headers.get("Authorization")))
        data = self.objects.get(self.path.partition("?")[0])
        status = 404 if data is None else 200
        if data is None:
            data = b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>"
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_words):
        pass


def test_texts_of_v2_come_from_a_bucket_without_credentials(tmp_path, monkeypatch):
    here, there = v2(b"here = 1\n"), v2(b"gone = 1\n")
    Bucket.objects = {f"/swh/content/{here['blob_id']}": gzip.compress(b"here = 1\n")}
    Bucket.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    try:
        path = written(tmp_path / "a.parquet", [here, there])
        places, done = collected(tmp_path, path, contents="s3://swh/content")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert [place["path"] for place in places] == ["src/a.py"]
    assert dropped(done) == {"missing-content": 1}
    assert {told for _, told in Bucket.asked} == {None}


def test_texts_of_v2_without_a_place_are_missing(tmp_path):
    places, done = collected(tmp_path, written(tmp_path / "a.parquet", [v2()]))
    assert (places, dropped(done)) == ([], {"missing-content": 1})


def test_a_text_that_came_later_is_found_by_collecting_again(tmp_path):
    path = written(tmp_path / "a.parquet", [v2()])
    (tmp_path / "contents").mkdir()
    where = str(tmp_path / "contents")
    assert collected(tmp_path, path, contents=where)[0] == []
    (tmp_path / "contents" / v2()["blob_id"]).write_bytes(TEXT.encode())
    assert len(collected(tmp_path, path, contents=where)[0]) == 1


def test_rows_by_repository_are_taken_file_by_file(tmp_path):
    file = {k: v for k, v in v2().items() if k not in ("repo_name", "github_id")}
    other = {**file, "path": "b.py", "content": "b = 1\n", "blob_id": git_blob_id(b"b = 1\n")}
    row = {"repo_name": "ann/tool", "github_id": 42, "files": [{**file, "content": None}, other]}
    places, done = collected(tmp_path, written(tmp_path / "a.parquet", [row]))
    assert [(p["path"], p["repo_id"]) for p in places] == [("b.py", 42)]
    assert dropped(done) == {"missing-content": 1}


def test_a_bomb_of_zeros_is_not_unpacked(tmp_path):
    (tmp_path / "contents").mkdir()
    row = v2(b"\0" * 50_000_000, length_bytes=100)
    (tmp_path / "contents" / row["blob_id"]).write_bytes(gzip.compress(b"\0" * 50_000_000))
    _, done = collected(
        tmp_path, written(tmp_path / "a.parquet", [row]), contents=str(tmp_path / "contents")
    )
    assert dropped(done) == {"too-large": 1}


def test_a_large_file_is_read_in_parts_and_gives_the_same_bytes(tmp_path):
    told = [v1(f"n = {n}\n" + "# filler\n" * 200) for n in range(60)]
    path = written(tmp_path / "a.parquet", told, row_group_size=10, compression="none")
    places, done = collected(tmp_path, path, collect_bytes=30_000)
    assert len(done) > 1
    assert total(done, "rows_out") == len(places) == 120
    again = collected(tmp_path / "again", path, collect_bytes=30_000)[1]
    assert bytes_of(tmp_path / "out", done) == bytes_of(tmp_path / "again" / "out", again)


def test_files_that_are_none_are_told(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match=r"x\.parquet is no Parquet file"):
        stack.look(tmp_path / "x.parquet", "x.parquet")
    with pytest.raises(ValueError, match="columns of The Stack"):
        stack.look(written(tmp_path / "y.parquet", [{"a": 1}]), "y.parquet")
    path = written(tmp_path / "z.parquet", [v1()])
    stack.write_index(tmp_path / "stack", [stack.look(path, "z.parquet")], "")
    written(path, [v1("another\n")])
    asked = brief([], sources=[{"kind": "stack", "folder": str(tmp_path / "stack")}])
    with pytest.raises(ValueError, match="has changed"):
        build(asked, tmp_path / "out", upto="collect")


class Hub(BaseHTTPRequestHandler):
    """What the Hub's client asks of a dataset: its facts, its files, their heads, their bytes."""

    files, asked = {}, []

    def do_HEAD(self):
        self._answer(body=False)

    def do_GET(self):
        self._answer(body=True)

    def _answer(self, *, body):
        path = unquote(urlsplit(self.path).path)
        Hub.asked.append(f"{self.command} {path}")
        if path.startswith("/api/datasets/lab/stack"):
            names = [{"rfilename": name} for name in self.files]
            tree = [
                {"type": "file", "path": name, "size": len(data), "oid": git_blob_id(data)}
                for name, data in self.files.items()
            ]
            told = {"id": "lab/stack", "sha": COMMIT, "siblings": names, "private": False}
            told |= {"tags": [], "downloads": 0, "likes": 0, "author": "lab"}
            data = json.dumps(tree if "/tree/" in path else told).encode()
            self._send(200, data, body, {"Content-Type": "application/json"})
            return
        name = path.removeprefix(f"/datasets/lab/stack/resolve/{COMMIT}/")
        if name in self.files:
            data = self.files[name]
            about = {"ETag": f'"{git_blob_id(data)}"', "X-Repo-Commit": COMMIT}
            self._send(200, data, body, about)
            return
        self._send(404, b'{"error": "not found"}', body, {"X-Error-Code": "RepoNotFound"})

    def _send(self, status, data, body, headers):
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(key, value)
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, *_words):
        pass


@pytest.fixture
def endpoint(tmp_path, monkeypatch):
    path = written(tmp_path / "made" / "a.parquet", [v1()])
    Hub.files = {"data/python/a.parquet": path.read_bytes(), "README.md": b"# x\n"}
    Hub.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("HF_ENDPOINT", url)
    # The client reads the variable once, when first imported, and keeps both of these from it.
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", url)
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
    yield url
    server.shutdown()
    server.server_close()
    thread.join()


def test_files_come_from_a_hub_by_its_own_client_and_only_once(tmp_path, endpoint):
    found = list(hub.fetch("lab/stack", tmp_path / "hub", include="data/*.parquet"))
    assert [name for _, name in found] == ["lab/stack/data/python/a.parquet"]
    assert found[0][0].read_bytes() == Hub.files["data/python/a.parquet"]
    first = Hub.asked.count(f"GET /datasets/lab/stack/resolve/{COMMIT}/data/python/a.parquet")
    list(hub.fetch("lab/stack", tmp_path / "hub", include="data/*.parquet"))
    again = Hub.asked.count(f"GET /datasets/lab/stack/resolve/{COMMIT}/data/python/a.parquet")
    assert (first, again) == (1, 1)
    places, _ = collected(tmp_path, found[0][0])
    assert {place["repo_name"] for place in places} == {"ann/tool", "bob/tool"}


def test_what_a_hub_does_not_have_is_told_in_a_sentence(tmp_path, endpoint):
    for source, told in (
        ("lab/none", "could not be fetched"),
        ("lab", "names no dataset"),
        ("lab/stack", "no file that matches"),
    ):
        with pytest.raises(ValueError, match=told):
            list(hub.fetch(source, tmp_path / "hub", include="*.nothing"))


def test_a_hub_that_does_not_answer_is_told_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.hf_api.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ValueError, match=r"could not be fetched from http://127\.0\.0\.1:9"):
        list(hub.fetch("lab/stack", tmp_path / "hub"))
