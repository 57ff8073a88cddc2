"""The shell scripts themselves, in a project that needs nothing but them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = ("sh", "dirname", "cat", "cmp", "mv", "rm", "env")
# Stands for `portal.supervisor`: the scripts must pass on what they were given, from anywhere.
ECHO = "import os, sys\nprint('started', *sys.argv[1:], 'in', os.getcwd())\n"


@pytest.fixture
def project(tmp_path) -> Path:
    """The scripts beside an empty list of requirements and a module that says how it was called."""
    folder = tmp_path / "a project"  # with a blank, as in `My Documents`
    shutil.copytree(ROOT / "script", folder / "script")
    (folder / "portal").mkdir()
    (folder / "portal/__init__.py").touch()
    (folder / "portal/supervisor.py").write_text(ECHO)
    (folder / "requirements.txt").write_text("# nothing\n")
    return folder


@pytest.fixture
def tools(tmp_path) -> Callable[..., Path]:
    """A folder to be the whole PATH: what every system has, and what the test adds."""

    def make(**others: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name in TOOLS:
            (folder / name).symlink_to(shutil.which(name))
        for name, target in others.items():
            (folder / name).symlink_to(target)
        return folder

    return make


def run(project: Path, path: Path | str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [project / "script/server", *words], env={"PATH": str(path)}, cwd=project.parent,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def interpreter(tmp_path: Path, version: str) -> str:
    """A program that says it is another Python, by failing the question."""
    program = tmp_path / f"python-{version}"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    return str(program)


def test_the_first_call_installs_the_second_does_not_and_both_pass_on_their_words(project):
    path = os.environ["PATH"]
    first = run(project, path, "--port", "1", "--home", "a b")
    assert first.returncode == 0, first.stderr
    assert "Installing requirements.txt" in first.stdout
    assert first.stdout.splitlines()[-1] == f"started --port 1 --home a b in {project.parent}"
    second = run(project, path)
    assert second.stdout == f"started in {project.parent}\n"
    (project / "requirements.txt").write_text("# something else\n")
    assert "Installing requirements.txt" in run(project, path).stdout
    assert "Installing" not in run(project, path).stdout


def test_an_environment_that_does_not_start_is_made_anew(project):
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/bin/python").symlink_to("/nowhere/python")
    done = run(project, os.environ["PATH"])
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("started")


def test_requirements_that_cannot_be_installed_are_not_remembered(project):
    (project / "requirements.txt").write_text("no such thing\n")
    for _ in range(2):
        done = run(project, os.environ["PATH"])
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith("gatehouse: requirements.txt could not be")


def test_without_git_nothing_starts(project, tools):
    done = run(project, tools(python3=sys.executable))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "gatehouse: git is needed to read repositories and is not there: install it."
    ]


def test_a_python_that_is_too_old_is_named_as_the_cause(project, tools, tmp_path):
    done = run(project, tools(git=shutil.which("git"), python3=interpreter(tmp_path, "3.9")))
    assert done.returncode == 1
    (sentence,) = done.stderr.splitlines()
    assert "Python 3.11 or newer is needed" in sentence
    assert not (project / ".venv").exists()
