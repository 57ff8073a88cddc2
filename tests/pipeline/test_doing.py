"""A piece of work is done once, wholly or not at all."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pipeline.release import doing
from pipeline.release.work import Files, Report, Stage, Work

WORK = Work("echo", 0, "one", {"text": "hello"})


def echo(work: Work, files: Files, folder: Path, secret: bytes) -> Report:
    (folder / "said.txt").write_text(work.params["text"])
    return Report(rows_in=1, rows_out=1)


def never(work: Work, files: Files, folder: Path, secret: bytes) -> Report:
    raise AssertionError("this work was done already")


def stage(run, version: int = 1) -> Stage:
    return Stage("echo", version, lambda _: [WORK], run)


def everything(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_output_stands_under_the_name_of_its_work(tmp_path):
    files = Files(tmp_path)
    report = doing.do(stage(echo), WORK, files, b"")
    ref = WORK.name(1)
    assert files.path(ref, "said.txt").read_text() == "hello"
    assert json.loads(files.path(ref, "report.json").read_text()) == report.as_json()
    assert everything(tmp_path) == [f"{ref}/report.json", f"{ref}/said.txt"]


def test_done_work_is_not_done_again(tmp_path):
    first = doing.do(stage(echo), WORK, Files(tmp_path), b"")
    assert doing.do(stage(never), WORK, Files(tmp_path), b"") == first


def test_another_version_of_the_stage_is_other_work(tmp_path):
    doing.do(stage(echo), WORK, Files(tmp_path), b"")
    with pytest.raises(AssertionError):
        doing.do(stage(never, version=2), WORK, Files(tmp_path), b"")


def test_inputs_are_no_part_of_the_name():
    moved = Work("echo", 7, "other label", {"text": "hello"}, {"ref": "elsewhere"})
    assert moved.name(1) == WORK.name(1)
    assert Work("echo", 0, "one", {"text": "bye"}).name(1) != WORK.name(1)


@pytest.mark.parametrize("error", [ValueError, FileNotFoundError, KeyboardInterrupt])
def test_a_failed_run_leaves_nothing_and_says_why(tmp_path, error):
    def fails(work: Work, files: Files, folder: Path, secret: bytes) -> Report:
        (folder / "half.txt").write_text("half")
        raise error("the disk is full")

    with pytest.raises(error, match="the disk is full"):
        doing.do(stage(fails), WORK, Files(tmp_path), b"")
    assert everything(tmp_path) == []
    assert doing.do(stage(echo), WORK, Files(tmp_path), b"").rows_out == 1


def test_a_draft_of_a_killed_process_is_ignored_and_cleaned(tmp_path):
    program = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from pipeline.release import doing
        from pipeline.release.work import Files, Stage, Work

        def dies(work, files, folder, secret):
            (folder / "half.txt").write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)

        work = Work("echo", 0, "one", {"text": "hello"})
        doing.do(Stage("echo", 1, None, dies), work, Files(Path(sys.argv[1])), b"")
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == -signal.SIGKILL
    assert [path.rpartition("/")[2] for path in everything(tmp_path)] == ["half.txt"]

    doing.do(stage(echo), WORK, Files(tmp_path), b"")
    names = [path.rpartition("/")[2] for path in everything(tmp_path)]
    assert names == ["report.json", "said.txt"]


def test_a_draft_in_living_hands_is_left_alone(tmp_path):
    files = Files(tmp_path)

    def meets(work: Work, files: Files, folder: Path, secret: bytes) -> Report:
        (folder / "mine.txt").write_text("still writing")
        assert doing.sweep(files) == 0
        return echo(work, files, folder, secret)

    doing.do(stage(meets), WORK, files, b"")
    assert files.path(WORK.name(1), "mine.txt").read_text() == "still writing"


def test_of_two_that_did_the_same_work_the_first_stays(tmp_path):
    files = Files(tmp_path)

    def overtaken(work: Work, files: Files, folder: Path, secret: bytes) -> Report:
        doing.do(stage(echo), work, files, secret)  # the other one was faster
        return Report(rows_in=9, rows_out=9)

    assert doing.do(stage(overtaken), WORK, files, b"").rows_out == 1
    names = [path.rpartition("/")[2] for path in everything(tmp_path)]
    assert names == ["report.json", "said.txt"]
