"""A whole build without a site: the same bytes by any number of workers, resumed after a kill."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pipeline.redact.policy import DEFAULT_POLICY
from pipeline.release import doing, local
from pipeline.release.work import Brief, Files
from tests.pipeline.shelves import install

SECRET = b"a secret of the tests"
HOME = str(Path(__file__).parents[2])


@pytest.fixture
def shelf(tmp_path):
    """Three installed distributions; one holds an e-mail address."""
    folder = tmp_path / "site"
    for name in ("one", "two", "three"):
        files = {f"{name}/m{n}.py": f"# {name} {n}\nx = {n}\n" for n in range(4)}
        files[f"{name}/mail.py"] = f'contact = "maria.{name}@polfirma.pl"\n'
        install(folder, name, files, home=f"https://github.com/owner-{name}/{name}")
    return folder


def brief(folder, version="1.0", **changes):
    asked = {
        "dataset": "gatehouse/made",
        "version": version,
        "sources": [{"kind": "distributions", "paths": [str(folder)]}],
        "licence_set": "permissive",
        "removals": (),
        "redaction": DEFAULT_POLICY,
        "terms": {},
        "options": {"shard_bytes": 100},
    }
    return Brief(**(asked | changes))


def contents(root):
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and doing.DRAFTS not in path.parts
    }


def manifest(root, built):
    return json.loads(Files(root).path(built["card"], "manifest.json").read_text())


def test_all_eight_stages_and_the_same_bytes_by_two_workers(shelf, tmp_path):
    told = []
    one = local.run_all(
        brief(shelf), tmp_path / "a", SECRET, on_done=lambda stage, _: told.append(stage)
    )
    two = local.run_all(brief(shelf), tmp_path / "b", SECRET, workers=2)
    assert list(dict.fromkeys(told)) == list(one["seconds"]) == STAGES
    assert (one["card"], one["index"]) == (two["card"], two["index"])
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    stats = json.loads(Files(tmp_path / "a").path(one["card"], "stats.json").read_text())
    assert stats["redactions"]["classes"]["EMAIL"] == 3


def test_nothing_is_done_twice(shelf, tmp_path):
    local.run_all(brief(shelf), tmp_path / "a", SECRET)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "a").rglob("*.*")}
    local.run_all(brief(shelf), tmp_path / "a", SECRET)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "a").rglob("*.*")} == before


def test_a_removed_account_leaves_only_the_files_it_was_in_changed(shelf, tmp_path):
    first = local.run_all(brief(shelf), tmp_path, SECRET)
    parent = {"version": "1.0", "index": first["index"], "card": first["card"]}
    removals = [{"kind": "account", "value": "Owner-Two"}]
    second = local.run_all(brief(shelf, "1.1", removals=removals, parent=parent), tmp_path, SECRET)
    old, new = (
        {
            one["path"]: one["sha256"]
            for one in manifest(tmp_path, built)["artefacts"]
            if one["tier"] == "processed"
        }
        for built in (first, second)
    )
    assert len(set(old.items()) & set(new.items())) >= 2
    assert set(new) < set(old)
    told = "".join(
        path.read_text(errors="replace")
        for path in Files(tmp_path).path(second["card"], ".").rglob("*")
        if path.is_file()
    )
    assert "owner-two" not in told.casefold()


STAGES = ["collect", "identify", "select", "redact", "write", "index", "verify", "card"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_build_resumes_to_the_same_bytes(shelf, tmp_path, stage):
    program = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from tests.pipeline.test_local import SECRET, brief
        from pipeline.release import local

        def die(stage, done):
            if stage == sys.argv[3]:
                os.kill(os.getpid(), signal.SIGKILL)

        local.run_all(brief(Path(sys.argv[1])), Path(sys.argv[2]), SECRET, on_done=die)
        """
    )
    place = {**os.environ, "PYTHONPATH": HOME}
    command = [sys.executable, "-c", program, str(shelf), str(tmp_path / "a"), stage]
    assert subprocess.run(command, env=place).returncode == -signal.SIGKILL
    resumed = local.run_all(brief(shelf), tmp_path / "a", SECRET)
    whole = local.run_all(brief(shelf), tmp_path / "b", SECRET)
    assert resumed["card"] == whole["card"]
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


@pytest.mark.parametrize("room", [2_000, 12_000])
def test_a_disk_that_fills_ends_the_build_and_leaves_no_half_of_anything(shelf, tmp_path, room):
    """No file may grow beyond `room` bytes: every write after that fails, as on a full disk."""
    program = textwrap.dedent(
        """
        import resource, signal, sys
        from pathlib import Path
        from tests.pipeline.test_local import SECRET, brief
        from pipeline.release import local

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        room = int(sys.argv[3])
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        try:
            local.run_all(brief(Path(sys.argv[1])), Path(sys.argv[2]), SECRET)
        except OSError:
            sys.exit(7)
        """
    )
    place = {**os.environ, "PYTHONPATH": HOME}
    command = [sys.executable, "-c", program, str(shelf), str(tmp_path / "a"), str(room)]
    assert subprocess.run(command, env=place).returncode == 7
    drafts = tmp_path / "a" / doing.DRAFTS
    assert not drafts.exists() or not any(drafts.iterdir())
    resumed = local.run_all(brief(shelf), tmp_path / "a", SECRET)
    whole = local.run_all(brief(shelf), tmp_path / "b", SECRET)
    assert resumed["card"] == whole["card"]
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_the_stages_can_be_mapped_by_whatever_maps(shelf, tmp_path):
    """The example of docs/stages.md, run as it stands there."""
    text = (Path(HOME) / "docs/stages.md").read_text()
    example = text.split("```python\n", 1)[1].split("```", 1)[0]
    (tmp_path / "mapped.py").write_text(example)
    place = {**os.environ, "PYTHONPATH": f"{HOME}{os.pathsep}{tmp_path}"}
    command = [sys.executable, str(tmp_path / "mapped.py"), str(shelf), str(tmp_path / "a")]
    done = subprocess.run(command, env=place, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ref = done.stdout.split()[-1]
    asked = brief(shelf)
    alone = local.run_all(asked, tmp_path / "b", b"a secret of 16 bytes or more")
    assert ref == alone["card"]
