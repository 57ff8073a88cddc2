"""Source git: real repositories, fetched over real protocols, good and hostile ones."""

import json
import os
import shutil
from pathlib import Path

import pytest

from network import addresses
from pipeline.collect import clones, gitting, lists, trees
from pipeline.collect.gitting import Limits
from pipeline.collect.outbound import Forbidden, Policy, check
from tests.pipeline import gits
from tests.pipeline.shelves import MIT, brief, build, bytes_of, dropped, rows, total

FILES = {"LICENSE": MIT, "src/main.py": "print(1)\n", "src/модуль.py": "# привет\n"}


@pytest.fixture
def base(tmp_path):
    (tmp_path / "served").mkdir()
    return tmp_path / "served"


def fetched(tmp_path, wanted, policy=gits.LOOPBACK, limits=None, **options):
    """Fetch repositories by address or entry; (root of the clones, how it ended)."""
    root = tmp_path / "clones"
    limits = limits or Limits(seconds=60)
    kept = clones.Clones(root, policy, limits, per_second=0, patience=0.01, **options)
    entries = [one for each in wanted for one in ([each] if not _text(each) else lists.read(each))]
    return root, kept.fetch(entries)


def _text(each):
    return isinstance(each, str)


def sources(root):
    return [{"kind": "git", "folder": str(root)}]


def collected(tmp_path, root, *, upto="identify", **changes):
    out = tmp_path / "out"
    return out, build(brief([], sources=sources(root), **changes), out, upto=upto)


def places_of(tmp_path, root, **changes):
    out, done = collected(tmp_path, root, **changes)
    return rows(out, done["identify"], "occurrences.arrow"), done


def test_a_repository_is_fetched_over_http_and_read_without_a_checkout(tmp_path, base):
    head = gits.Repo(base / "ann" / "good.git").commit(FILES)
    with gits.http(base) as server:
        root, progress = fetched(tmp_path, [f"{server.url}/ann/good.git"])
    assert progress.reasons == {}
    places, _ = places_of(tmp_path, root)
    assert {place["path"] for place in places} == set(FILES)
    for place in places:
        assert (place["repo_host"], place["repo_name"]) == ("127.0.0.1", "ann/good")
        assert (place["owner"], place["head"], place["branch"]) == ("ann", head, "main")
        assert place["licenses"] == ["MIT"]
        assert place["source"] == "git"
    assert not list(root.glob("**/main.py"))


def test_the_git_protocol_serves_as_well(tmp_path, base):
    gits.Repo(base / "ann" / "good", branch="trunk").commit(FILES)
    with gits.daemon(base) as url:
        root, _ = fetched(tmp_path, [f"{url}/ann/good"])
    places, _ = places_of(tmp_path, root)
    assert {place["branch"] for place in places} == {"trunk"}


def test_a_folder_serves_where_the_operator_allows_it(tmp_path, base):
    gits.Repo(base / "ann" / "good.git").commit(FILES)
    policy = Policy(frozenset({"file"}), folders=(base,))
    root, _ = fetched(tmp_path, [f"file://{base}/ann/good.git"], policy)
    places, _ = places_of(tmp_path, root)
    assert {(place["repo_host"], place["repo_name"]) for place in places} == {("local", "ann/good")}
    root, progress = fetched(tmp_path, [f"file://{base}/ann/good.git"], Policy())
    assert progress.reasons == {"forbidden-address": 1}


def test_numbers_and_former_names_come_with_the_list(tmp_path, base):
    gits.Repo(base / "ann" / "good.git").commit(FILES)
    policy = Policy(frozenset({"file"}), folders=(base,))
    told = {"url": str(base / "ann/good.git"), "name": "ann/good", "host": "github.com"}
    told |= {"id": 42, "owner_id": 7, "stars": 5, "forks": 2, "fork_of": "bob/good"}
    (tmp_path / "list.jsonl").write_text(json.dumps(told | {"aliases": "ann/old"}) + "\n{oops\n")
    root, progress = fetched(tmp_path, [str(tmp_path / "list.jsonl")], policy)
    assert progress.reasons == {"bad-entry": 1}
    places, _ = places_of(tmp_path, root)
    assert {(p["repo_host"], p["repo_id"], p["owner_id"]) for p in places} == {
        ("github.com", 42, 7)
    }
    assert {(p["stars"], p["forks"], p["fork_of"]) for p in places} == {(5, 2, "bob/good")}
    assert next(clones.catalogue(root)).aliases == ["ann/old"]


def test_a_second_run_fetches_what_changed_and_asks_for_nothing_else(tmp_path, base):
    still = gits.Repo(base / "ann" / "still.git")
    still.commit(FILES)
    moving = gits.Repo(base / "ann" / "moving.git")
    moving.commit(FILES)
    with gits.http(base) as server:
        wanted = [f"{server.url}/ann/still.git", f"{server.url}/ann/moving.git"]
        fetched(tmp_path, wanted)
        moving.commit({**FILES, "new.py": "new = 1\n"})
        server.asked.clear()
        root, _ = fetched(tmp_path, wanted)
        assert not [p for p in server.asked if "still" in p and "fetch" in p]
        posts = [path for path in server.asked if path.endswith("git-upload-pack")]
    # The protocol's second version lists and fetches by the same address: one asks for the list.
    assert sum("still" in path for path in posts) < sum("moving" in path for path in posts)
    places, _ = places_of(tmp_path, root)
    assert sum(place["path"] == "new.py" for place in places) == 1


def test_a_run_that_was_broken_off_goes_on(tmp_path, base):
    for name in ("one", "two", "three"):
        gits.Repo(base / "ann" / f"{name}.git").commit({**FILES, "n.py": name})
    with gits.http(base) as server:
        wanted = [f"{server.url}/ann/{name}.git" for name in ("one", "two", "three")]

        def stop(progress):
            raise KeyboardInterrupt

        kept = clones.Clones(tmp_path / "clones", gits.LOOPBACK, Limits(), jobs=1, per_second=0)
        with pytest.raises(KeyboardInterrupt):
            kept.fetch((one for each in wanted[:1] for one in lists.read(each)), stop)
        server.asked.clear()
        root, progress = fetched(tmp_path, wanted)
        assert progress.done == 3
        assert not [path for path in server.asked if "/one.git" in path]
    assert [facts.name for facts in clones.catalogue(root)] == ["ann/one", "ann/three", "ann/two"]


def test_what_a_list_no_longer_names_stays_or_goes(tmp_path, base):
    for name in ("one", "two"):
        gits.Repo(base / "ann" / f"{name}.git").commit({**FILES, "n.py": name})
    policy = Policy(frozenset({"file"}), folders=(base,))
    wanted = [str(base / "ann" / f"{name}.git") for name in ("one", "two")]
    fetched(tmp_path, wanted, policy)
    root, _ = fetched(tmp_path, wanted[:1], policy)
    assert [facts.name for facts in clones.catalogue(root)] == ["ann/one", "ann/two"]
    kept = clones.Clones(root, policy, Limits(), per_second=0)
    kept.fetch(lists.read(wanted[0]), only=True)
    assert [facts.name for facts in clones.catalogue(root)] == ["ann/one"]
    assert len(list(root.glob("clones/*/*"))) == 1


def test_a_renamed_repository_is_found_and_its_old_name_kept(tmp_path, base):
    gits.Repo(base / "bob" / "new.git").commit(FILES)
    with gits.http(base) as server:
        server.moved["/ann/old.git"] = f"{server.url}/bob/new.git"
        root, _ = fetched(tmp_path, [f"{server.url}/ann/old.git"])
        (facts,) = clones.catalogue(root)
        assert (facts.name, facts.aliases) == ("bob/new", ["ann/old"])


def test_a_redirect_into_the_house_is_not_followed(tmp_path, base):
    gits.Repo(base / "bob" / "new.git").commit(FILES)
    with gits.http(base) as server:
        inner = server.url.replace("127.0.0.1", "localhost")
        server.moved["/ann/old.git"] = f"{inner}/bob/new.git"
        policy = Policy(frozenset({"http"}), frozenset({"127.0.0.1"}))
        _root, progress = fetched(tmp_path, [f"{server.url}/ann/old.git"], policy)
    assert progress.reasons == {"forbidden-address": 1}


def test_a_busy_host_is_asked_again(tmp_path, base):
    gits.Repo(base / "ann" / "good.git").commit(FILES)
    with gits.http(base) as server:
        server.busy = [503, 429]
        _, progress = fetched(tmp_path, [f"{server.url}/ann/good.git"])
    assert progress.reasons == {}


def test_what_cannot_be_had_costs_itself_only(tmp_path, base):
    gits.Repo(base / "ann" / "good.git").commit(FILES)
    gits.Repo(base / "ann" / "empty.git")
    broken = gits.Repo(base / "ann" / "broken.git")
    broken.commit({"a.py": "broken = 1\n"})
    for path in (broken.folder / "objects").glob("??/*"):
        path.chmod(0o600)
        path.write_bytes(b"nothing of the kind")
    huge = gits.Repo(base / "ann" / "huge.git")
    huge.commit({f"{n}.bin": os.urandom(900_000) for n in range(4)})
    wide = gits.Repo(base / "ann" / "wide.git")
    wide.commit({f"{n}.py": ("100644", wide.blob(b"x = 1\n")) for n in range(120)})
    with gits.http(base) as server:
        names = ("good", "empty", "broken", "huge", "wide", "nowhere")
        root, progress = fetched(
            tmp_path,
            [f"{server.url}/ann/{name}.git" for name in names],
            limits=Limits(seconds=60, bytes=2_000_000, files=100),
        )
    assert progress.reasons == {
        "empty-repository": 1,
        "failed": 1,
        "too-large-repository": 1,
        "too-many-files": 1,
        "missing-repository": 1,
    }
    _out, done = collected(tmp_path, root, upto="collect")
    assert dropped(done["collect"]) == progress.reasons
    assert total(done["collect"], "rows_out") == len(FILES)
    left = {path.parent.name for path in (root / "clones").glob("*/*/repository.git")}
    assert len(left) == 1  # nothing of the others stays on the disk


def test_a_host_that_never_ends_is_left(tmp_path, base):
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"git://127.0.0.1:{silent.getsockname()[1]}/ann/slow"
        _, progress = fetched(tmp_path, [url], limits=Limits(seconds=0.3))
    assert progress.reasons == {"timed-out": 1}


@pytest.mark.parametrize(
    ("path", "mode", "reason"),
    [
        (b"..", b"100644", "bad-path"),
        (b".git", b"100644", "bad-path"),
        (b".GIT", b"100644", "bad-path"),
        (b"a\nb.py", b"100644", "bad-path"),
        (b"\xff\xfe.py", b"100644", "bad-path"),
        (b"C:evil.py", b"100644", "bad-path"),
        (b"link.py", b"120000", "link"),
        (b"module", b"160000", "submodule"),
    ],
)
def test_odd_entries_are_left_out_one_by_one(tmp_path, base, path, mode, reason):
    repo = gits.Repo(base / "ann" / "odd.git")
    oid = bytes.fromhex(repo.blob(b"x = 1\n"))
    good = b"100644 zz_good.py\x00" + oid
    repo.commit_tree(repo.tree(mode + b" " + path + b"\x00" + oid + good))
    policy = Policy(frozenset({"file"}), folders=(base,))
    root, progress = fetched(tmp_path, [str(repo.folder)], policy)
    assert progress.reasons == {}
    out, done = collected(tmp_path, root, upto="collect")
    assert dropped(done["collect"]) == {reason: 1}
    assert [p["path"] for p in rows(out, done["collect"], "occurrences.parquet")] == ["zz_good.py"]
    assert not list(tmp_path.glob("**/evil*"))


@pytest.mark.parametrize(
    "entries",
    [
        b"100644 a\x00short",
        b"999999 a\x00" + b"\x11" * 20,
        b"garbage without any sense",
        b"40000 gone\x00" + b"\x22" * 20,
    ],
    ids=["truncated", "mode", "garbage", "missing subtree"],
)
def test_a_malformed_tree_costs_its_repository(tmp_path, base, entries):
    bad = gits.Repo(base / "ann" / "bad.git")
    bad.commit_tree(bad.tree(entries))
    gits.Repo(base / "ann" / "good.git").commit(FILES)
    policy = Policy(frozenset({"file"}), folders=(base,))
    root, _progress = fetched(tmp_path, [str(bad.folder), str(base / "ann" / "good.git")], policy)
    _out, done = collected(tmp_path, root, upto="collect")
    assert total(done["collect"], "rows_out") == len(FILES)
    assert sum(dropped(done["collect"]).values()) == 1


def test_a_deep_tree_and_a_bomb_cost_their_repositories(tmp_path, base):
    deep = gits.Repo(base / "ann" / "deep.git")
    tree = deep.tree(b"100644 a.py\x00" + bytes.fromhex(deep.blob(b"a = 1\n")))
    for _ in range(600):
        tree = deep.tree(b"40000 d\x00" + bytes.fromhex(tree))
    deep.commit_tree(tree)
    bomb = gits.Repo(base / "ann" / "bomb.git")
    tree = bomb.tree(b"100644 a.py\x00" + bytes.fromhex(bomb.blob(b"a = 1\n")))
    for _ in range(12):  # 10^12 files
        oid = bytes.fromhex(tree)
        tree = bomb.tree(b"".join(b"40000 d%d\x00" % n + oid for n in range(10)))
    bomb.commit_tree(tree)
    policy = Policy(frozenset({"file"}), folders=(base,))
    limits = Limits(seconds=60, files=5_000)
    root, progress = fetched(tmp_path, [str(deep.folder), str(bomb.folder)], policy, limits)
    assert progress.reasons == {"too-many-files": 1}
    _out, done = collected(tmp_path, root, upto="collect")
    assert dropped(done["collect"]) == {"too-many-files": 1, "bad-path": 1}


def test_contents_that_are_no_source_are_counted(tmp_path, base):
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
    repo = gits.Repo(base / "ann" / "mixed.git")
    repo.commit(
        {
            "ok.py": "x = 1\n",
            "big.txt": "x" * (1 << 20) + "y",
            "image.png": b"\x89PNG\x00\x01",
            "model.bin": pointer,
            "none.py": "",
        }
    )
    policy = Policy(frozenset({"file"}), folders=(base,))
    root, _ = fetched(tmp_path, [str(repo.folder)], policy)
    _out, done = collected(tmp_path, root, upto="collect")
    left = {"too-large": 1, "binary": 1, "lfs-pointer": 1, "empty": 1}
    assert dropped(done["collect"]) == left


def test_large_contents_stay_on_a_server_that_can_leave_them_out(tmp_path, base):
    gits.Repo(base / "ann" / "big.git").commit({**FILES, "big.txt": os.urandom(1_500_000).hex()})
    with gits.http(base) as server:
        root, _ = fetched(tmp_path, [f"{server.url}/ann/big.git"])
    assert sum(path.stat().st_size for path in root.glob("**/*.pack")) < 20_000
    _, done = collected(tmp_path, root, upto="collect")
    assert dropped(done["collect"]) == {"too-large": 1}


def test_nothing_of_a_hostile_repository_runs(tmp_path, base, monkeypatch):
    mark = tmp_path / "it-ran"
    repo = gits.Repo(base / "ann" / "bad.git")
    filters = "*.py filter=evil diff=evil\n"
    modules = '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% ' + str(mark) + "\n"
    repo.commit({".gitattributes": filters, ".gitmodules": modules, "a.py": "a = 1\n"})
    for name in ("post-checkout", "pre-auto-gc", "reference-transaction", "post-index-change"):
        hook = repo.folder / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
        hook.chmod(0o755)
    template = tmp_path / "template" / "hooks"
    shutil.copytree(repo.folder / "hooks", template)
    config = tmp_path / "gitconfig"
    config.write_text(
        f"[core]\n\tfsmonitor = touch {mark}\n\thooksPath = {template}\n"
        f'[credential]\n\thelper = !touch {mark}\n[filter "evil"]\n\tsmudge = touch {mark}\n'
        f"[init]\n\ttemplateDir = {template.parent}\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_ASKPASS", f"touch {mark}")
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    with gits.http(base) as server:
        with config.open("a") as file:
            file.write(f'[url "{server.url}/none"]\n\tinsteadOf = {server.url}/ann\n')
        root, progress = fetched(tmp_path, [f"{server.url}/ann/bad.git"])
        assert progress.reasons == {}  # the machine's own settings do not count
        _, progress = fetched(tmp_path, [f"{server.url}/ann/secret.git"])
    places_of(tmp_path, root)
    assert not mark.exists()


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c touch% x",
        "ssh://git@github.com/a/b",
        "git@github.com:a/b",
        "file:///etc",
        "/etc",
        "--upload-pack=touch x",
        "http://github.com/a/b",
        "https://user:secret@github.com/a/b",
        "https://127.0.0.1/a/b",
        "https://[::1]/a/b",
        "https://[::ffff:127.0.0.1]/a/b",
        "https://[64:ff9b::7f00:1]/a/b",
        "https://2130706433/a/b",
        "https://0x7f.1/a/b",
        "https://169.254.169.254/a/b",
        "https://10.0.0.1/a/b",
        "https://localhost/a/b",
        "https://localhost./a/b",
        "https://exa mple.org/a/b",
    ],
)
def test_addresses_that_are_never_asked(url):
    with pytest.raises(Forbidden):
        check(url, Policy())


def test_a_name_that_changes_its_address_gains_nothing(monkeypatch):
    """Whoever connects uses the addresses that were looked at."""
    answers = iter(["93.184.216.34", "127.0.0.1"])

    def resolve(host, port, **_options):
        return [(2, 1, 6, "", (next(answers), port))]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", resolve)
    target = check("https://rebind.example/a/b", Policy())
    git = gitting.Git(Path("/nowhere"), Limits(), target)
    assert "http.curloptResolve=rebind.example:443:93.184.216.34" in git._git()


@pytest.mark.parametrize(
    ("attributes", "path", "expected"),
    [
        ("*.js linguist-generated", "a/b.js", (True, None, None)),
        ("*.js linguist-generated=false", "a/b.js", (False, None, None)),
        ("*.js -linguist-vendored", "a/b.js", (None, False, None)),
        ("/b.js linguist-vendored", "a/b.js", (None, None, None)),
        ("lib/** linguist-vendored", "lib/a/b.js", (None, True, None)),
        ("lib/* linguist-vendored", "lib/a/b.js", (None, None, None)),
        ("**/gen/*.py linguist-generated", "x/y/gen/a.py", (True, None, None)),
        ("*.h linguist-language=C++", "x.h", (None, None, "C++")),
        ("[ab].py linguist-generated", "c.py", (None, None, None)),
        ("*.py linguist-generated\n*.py !linguist-generated", "c.py", (None, None, None)),
        ("a* text\n# *.py linguist-generated", "c.py", (None, None, None)),
    ],
)
def test_attributes_are_read_as_git_reads_them(attributes, path, expected):
    from pipeline.collect.attributes import Attributes

    assert tuple(Attributes([(".gitattributes", attributes)]).of(path)) == expected


def test_attributes_mark_files_and_the_nearer_file_speaks(tmp_path, base):
    repo = gits.Repo(base / "ann" / "marked.git")
    repo.commit(
        {
            ".gitattributes": "*.py linguist-generated\n*.h linguist-language=Objective-C\n",
            "a.py": "a = 1\n",
            "own/.gitattributes": "*.py linguist-generated=false\nb.py linguist-vendored\n",
            "own/b.py": "b = 1\n",
            "x.h": "int x;\n",
        }
    )
    policy = Policy(frozenset({"file"}), folders=(base,))
    root, _ = fetched(tmp_path, [str(repo.folder)], policy)
    places, _ = places_of(tmp_path, root)
    by_path = {place["path"]: place for place in places}
    assert by_path["a.py"]["is_generated"] is True
    assert by_path["own/b.py"]["is_generated"] is False
    assert by_path["own/b.py"]["is_vendored"] is True
    assert by_path["x.h"]["lang"] == "Objective-C"


def test_licences_of_a_repository_come_from_texts_and_descriptions(tmp_path, base):
    repo = gits.Repo(base / "ann" / "mono.git")
    repo.commit(
        {
            "LICENSE": MIT,
            "a.py": "a = 1\n",
            "parts/one/package.json": '{"name": "one", "license": "GPL-3.0-only"}',
            "parts/one/index.js": "one()\n",
            "parts/two/Cargo.toml": '[package]\nname = "two"\nlicense = "MIT/Apache-2.0"\n',
            "parts/two/lib.rs": "fn two() {}\n",
        }
    )
    policy = Policy(frozenset({"file"}), folders=(base,))
    root, _ = fetched(tmp_path, [str(repo.folder)], policy)
    places, _ = places_of(tmp_path, root)
    found = {place["path"]: place["licenses"] for place in places}
    assert found["a.py"] == ["MIT"]
    assert found["parts/one/index.js"] == ["GPL-3.0-only", "MIT"]
    assert found["parts/two/lib.rs"] == ["MIT", "MIT OR Apache-2.0"]


def test_a_label_of_the_host_fills_silence_and_never_hides_what_was_found(tmp_path, base):
    policy = Policy(frozenset({"file"}), folders=(base,))
    gpl = "This is licensed under the terms of the GNU General Public License version 3.\n"
    texts = {"silent": {}, "other": {"COPYING": gpl}, "unread": {"LICENSE": "our own words\n"}}
    wanted = []
    for name, files in texts.items():
        gits.Repo(base / "ann" / f"{name}.git").commit({**files, "a.py": f"n = '{name}'\n"})
        (told,) = lists.read(str(base / "ann" / f"{name}.git"))
        wanted.append(told._replace(licence="MIT"))
    root, _ = fetched(tmp_path, wanted, policy)
    places, _ = places_of(tmp_path, root)
    found = {p["repo_name"]: p["licenses"] for p in places if p["path"] == "a.py"}
    assert found == {"ann/silent": ["MIT"], "ann/other": ["GPL-3.0-only", "MIT"], "ann/unread": []}


def test_the_same_clones_give_the_same_bytes_however_they_came(tmp_path, base):
    for number in range(5):
        files = {f"f{n}.py": f"x = {number}{n}\n" for n in range(20)}
        gits.Repo(base / "ann" / f"r{number}.git").commit({**FILES, **files})
    policy = Policy(frozenset({"file"}), folders=(base,))
    wanted = [str(base / "ann" / f"r{number}.git") for number in range(5)]
    found = []
    for order, jobs in ((wanted, 1), (wanted[::-1], 4)):
        folder = tmp_path / f"jobs{jobs}"
        root, _ = fetched(folder, order, policy, jobs=jobs)
        out, done = collected(folder, root)
        found.append(bytes_of(out, done["collect"]) | bytes_of(out, done["identify"]))
    assert found[0] == found[1]


def test_a_large_repository_is_read_in_parts(tmp_path, base):
    files = {f"f{n:03}.txt": f"{n} " * 30_000 for n in range(60)}
    gits.Repo(base / "ann" / "large.git").commit({**FILES, **files})
    policy = Policy(frozenset({"file"}), folders=(base,))
    root, _ = fetched(tmp_path, [str(base / "ann" / "large.git")], policy)
    places, done = places_of(tmp_path, root, options={"collect_bytes": 2 << 20})
    assert len(done["collect"]) > 2
    assert sorted(place["path"] for place in places) == sorted({**FILES, **files})
    assert {tuple(place["licenses"]) for place in places} == {("MIT",)}


def test_one_more_repository_changes_one_piece(tmp_path, base):
    policy = Policy(frozenset({"file"}), folders=(base,))
    for number in range(40):
        gits.Repo(base / "ann" / f"r{number}.git").commit({"f.txt": f"{number} " * 3_000})
    wanted = [str(base / "ann" / f"r{number}.git") for number in range(40)]
    refs = []
    for count in (39, 40):
        root, _ = fetched(tmp_path, wanted[:count], policy)
        _, done = collected(tmp_path, root, upto="collect", options={"collect_bytes": 60_000})
        refs.append({one.ref for one in done["collect"]})
    assert len(refs[0]) > 4
    assert len(refs[1] - refs[0]) <= 2


def test_a_tree_with_nul_or_absolute_names_is_never_written_anywhere(tmp_path, base):
    repo = gits.Repo(base / "ann" / "abs.git")
    oid = bytes.fromhex(repo.blob(b"x = 1\n"))
    repo.commit_tree(repo.tree(b"100644 /etc/evil\x00" + oid))
    policy = Policy(frozenset({"file"}), folders=(base,))
    root, _ = fetched(tmp_path, [str(repo.folder)], policy)
    _, done = collected(tmp_path, root, upto="collect")
    assert sum(dropped(done["collect"]).values()) == 1


def test_pointers_are_known():
    assert trees.is_pointer(b"version https://git-lfs.github.com/spec/v1\n")
    assert not trees.is_pointer(b"version of mine\n")
