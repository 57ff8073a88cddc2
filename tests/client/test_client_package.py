"""What a person who installed the package meets: the command, its answers, its exit status."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import client
from client.cli import main
from tests.client import logs
from tests.client.logs import Log


@pytest.fixture
def kept(tmp_path) -> dict[str, str]:
    """An auditor's folder: an export, the pinned key, an older checkpoint, a receipt."""
    log = Log(60)
    files = {
        "export": log.data(),
        "key": f"# pinned in March\n{logs.verifier()}\n".encode(),
        "older": log.checkpoint(30).encode(),
        "receipt": json.dumps(log.receipt(7)).encode(),
        "other": f"{logs.verifier('thief')}\n".encode(),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    return {name: str(tmp_path / name) for name in files}


def test_a_good_export_ends_with_0(kept, capsys):
    more = ["--older", kept["older"], "--receipt", kept["receipt"]]
    assert main(["audit-verify", kept["export"], "--key", kept["key"], *more]) == 0
    out = capsys.readouterr().out
    assert "data.example.org/audit: 60 entries" in out
    assert "Entry 7 is the one of receipt." in out
    assert out.endswith("All is right.\n")


def test_a_bad_export_ends_with_1_and_says_why(kept, capsys):
    assert main(["audit-verify", kept["export"], "--key", kept["other"]]) == 1
    out = capsys.readouterr().out
    assert "FAILS   The checkpoint of the export fails: The note is not signed by a key" in out
    assert out.endswith("Something fails.\n")


def test_a_receipt_alone_can_be_checked(kept, capsys):
    assert main(["audit-verify", "--key", kept["key"], "--receipt", kept["receipt"]]) == 0
    assert "Entry 7 of data.example.org/audit is recorded exactly" in capsys.readouterr().out
    assert main(["audit-verify", "--key", kept["other"], "--receipt", kept["receipt"]]) == 1
    assert main(["audit-verify", "--key", kept["key"], "--receipt", kept["key"]]) == 1
    assert "cannot be read" in capsys.readouterr().out


def test_programs_get_json(kept, capsys):
    path = Path(kept["export"])
    path.write_bytes(path.read_bytes().replace(b"python/0009", b"python/0010"))
    assert main(["audit-verify", kept["export"], "--key", kept["key"], "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["size"]) == (False, 60)
    [finding] = report["findings"]
    assert (finding["code"], finding["first"], finding["last"]) == ("altered", 9, 9)


@pytest.mark.parametrize(
    "wrong",
    [
        ["audit-verify", "--key", "KEY"],
        ["audit-verify", "nowhere", "--key", "KEY"],
        ["audit-verify", "EXPORT", "--key", "nowhere"],
        ["audit-verify", "EXPORT", "--key", "EXPORT"],
        ["audit-verify", "EXPORT", "--key", "KEY", "--older", "nowhere"],
        ["audit-verify", ".", "--key", "KEY"],
        ["audit-verify", "--key", "KEY", "--receipt", "RECEIPT", "--tiles", "."],
    ],
)
def test_wrong_usage_ends_with_2_and_one_sentence(kept, capsys, wrong):
    names = {"KEY": kept["key"], "EXPORT": kept["export"], "RECEIPT": kept["receipt"]}
    assert main([names.get(word, word) for word in wrong]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("gatehouse: ")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("wrong", [[], ["nonsense"], ["audit-verify"], ["audit-verify", "x"]])
def test_wrong_words_end_with_2(wrong, capsys):
    with pytest.raises(SystemExit) as caught:
        main(wrong)
    assert caught.value.code == 2
    assert "usage: gatehouse" in capsys.readouterr().err


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["audit-verify", "--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert "gatehouse audit-verify export.jsonl.gz --key log.key" in out


def test_what_files_hold_cannot_steer_the_terminal(kept, capsys):
    log = Log(3, origin="data.example.org/\x9b31maudit")
    Path(kept["export"]).write_bytes(log.data())
    assert main(["audit-verify", kept["export"], "--key", kept["key"]]) == 1
    assert "\x9b" not in capsys.readouterr().out


def test_the_package_runs_under_its_own_name_without_the_server(kept, tmp_path):
    """As installed: called `gatehouse`, alone in a folder, with nothing of the server to import."""
    shutil.copytree(Path(client.__file__).parent, tmp_path / "site" / "gatehouse")
    program = (
        "import sys\n"
        "sys.modules['django'] = None\n"
        "from gatehouse.cli import main\n"
        "code = main(sys.argv[1:])\n"
        "server = {'client', 'portal', 'pipeline', 'governance', 'pyarrow', 'celery'}\n"
        "sys.exit(code or bool(server & {name.split('.')[0] for name in sys.modules}))\n"
    )
    words = ["audit-verify", kept["export"], "--key", kept["key"], "--processes", "2"]
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=tmp_path / "site",
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("All is right.\n")
