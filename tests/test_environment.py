"""What the environment may say, what is said back, and what never leaves it again."""

import io
import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from portal import environment, signin_sites
from portal.environment import WrongSettingError
from portal.logs import HIDDEN, ReportFilter, formatter, scrub

ROOT = Path(__file__).resolve().parent.parent


def run(*words: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "GATEHOUSE_HOME": str(home), **variables}
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
    )


def test_the_example_names_every_variable_and_no_other():
    settings = (ROOT / "portal/settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', settings))
    read.add("GATEHOUSE_HOME")  # read by environment.home()
    for site, _, _ in signin_sites.KNOWN:
        read |= {f"{site.upper()}_{what}" for what in ("CLIENT_ID", "CLIENT_SECRET", "URL")}
    example = (ROOT / ".env.example").read_text()
    named = re.findall(r"^#? ?([A-Z_]+)=", example, re.MULTILINE)
    assert sorted(named) == sorted(read)


def test_nothing_in_the_example_is_switched_on():
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("DATABASE_URL", "nonsense://user:hush@host/db", "postgres://"),
        ("LEASE_SECONDS", "abc", "5 to 3600"),
        ("LEASE_SECONDS", "4", "5 to 3600"),
        ("LOG_FORMAT", "xml", "console or json"),
        ("SECRET_KEY", "short", "32"),
        ("GATEHOUSE_PUBLIC_URL", "data.example.org", "https://"),
        ("GATEHOUSE_DEMO", "perhaps", "1 or 0"),
    ],
)
def test_a_wrong_variable_ends_a_command_with_one_sentence(tmp_path, name, value, mend):
    done = run("manage.py", "check", home=tmp_path, **{name: value})
    assert done.returncode == 2
    assert done.stdout == ""
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith(f"gatehouse: {name} ")
    assert mend in sentence
    assert "hush" not in sentence


def test_home_is_taken_out_of_a_command_line(monkeypatch):
    monkeypatch.setenv("GATEHOUSE_HOME", "elsewhere")
    assert environment.take_home(["manage.py", "--home", "here", "check"]) == ["manage.py", "check"]
    assert os.environ["GATEHOUSE_HOME"] == "here"
    assert environment.take_home(["manage.py", "check", "--home=there"]) == ["manage.py", "check"]
    assert os.environ["GATEHOUSE_HOME"] == "there"
    with pytest.raises(WrongSettingError, match="--home needs a folder"):
        environment.take_home(["manage.py", "--home"])


def test_a_home_that_is_a_file_is_refused(monkeypatch, tmp_path):
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("GATEHOUSE_HOME", str(file))
    with pytest.raises(WrongSettingError, match=r"GATEHOUSE_HOME is '.*/file'.*--home"):
        environment.home()


def test_a_secret_is_made_once_and_only_its_owner_reads_it(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    file = tmp_path / "keys" / "django.key"
    made = environment.secret("SECRET_KEY", file)
    assert len(made) >= 48
    assert environment.secret("SECRET_KEY", file) == made
    assert file.stat().st_mode & 0o077 == 0


# ------------------------------------------------------------------ logs


@pytest.fixture
def lines(request):
    """A logger and what it wrote, in the format that the test asks for."""
    before = structlog.get_config()
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter(request.param))
    logger = logging.getLogger("portal.test")
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel("INFO")
    yield logger, lambda: written.getvalue().splitlines()
    logger.removeHandler(handler)
    logger.propagate = True
    structlog.contextvars.clear_contextvars()
    structlog.configure(**before)


@pytest.mark.parametrize("lines", ["json"], indirect=True)
def test_a_json_line_has_time_in_utc_request_and_cause(lines):
    logger, written = lines
    structlog.contextvars.bind_contextvars(request_id="r-1")
    try:
        raise ValueError("no row\nfor you")
    except ValueError:
        logger.exception("view failed")
    (line,) = written()
    event = json.loads(line)
    assert (event["event"], event["request_id"], event["level"]) == ("view failed", "r-1", "error")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", event["timestamp"])
    assert "test_environment.py" in event["traceback"]
    assert event["exception"] == "ValueError"  # its words may quote a row


@pytest.mark.parametrize("lines", ["console", "json"], indirect=True)
def test_an_event_is_one_line_and_a_stranger_cannot_forge_another(lines):
    logger, written = lines
    logger.warning("odd path %s", "/a\n2030-01-01T00:00:00Z ERROR forged")
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logger.exception("failed")
    structlog.get_logger("portal.test").info("shard done", shard="a\nb", rows=3)
    assert len(written()) == 3
    assert "3" in written()[2]


@pytest.mark.parametrize("lines", ["console", "json"], indirect=True)
def test_no_line_holds_a_persons_data_or_a_credential(lines):
    logger, written = lines
    logger.info("sent to %s", "ada@example.org")
    logger.info("GET /search?q=ada+lovelace&page=2 with Bearer gh_0123456789abcdef")
    logger.info("broker at amqp://guest:hush@10.0.0.1/")
    structlog.get_logger("portal.test").info(
        "seen", authorization="x1y2", cookie="x1y2", email="x1"
    )
    try:
        raise ValueError("bad address grace@example.org")
    except ValueError:
        logger.exception("failed")
    text = "\n".join(written())
    for private in ("ada", "lovelace", "gh_0123", "hush", "x1", "grace"):
        assert private not in text
    assert "/search?" in text
    assert "10.0.0.1" in text


def test_what_is_no_secret_stays_readable():
    told = (
        "build 1.0 of gatehouse/shelf: 3 of 8 shards in write, 12.5 MB/s (django/db/models.py:10)"
    )
    assert scrub(told) == told


def test_an_error_report_masks_addresses_of_services_and_secrets():
    report = ReportFilter()
    for name in (
        "DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY", "REDACTION_SECRET", "X_TOKEN",
        "HTTP_AUTHORIZATION", "HTTP_COOKIE", "QUERY_STRING", "DATABASES", "PASSWORD",
    ):  # fmt: skip
        assert report.cleanse_setting(name, "hush") == HIDDEN, name
    assert report.cleanse_setting("REQUEST_METHOD", "GET") == "GET"


def test_the_request_does_not_carry_the_process_environment(monkeypatch):
    from portal.wsgi import without_process_environment

    monkeypatch.setenv("DATABASE_URL", "postgres://user:hush@host/db")
    monkeypatch.setenv("HTTP_X_FROM_PROCESS", "hush")
    seen = {}
    wrapped = without_process_environment(lambda environ, start: seen.update(environ) or [])
    request = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_HOST": "localhost", "wsgi.input": 1}
    wrapped(os.environ | request, None)
    assert seen == request


@pytest.mark.parametrize(
    "path",
    [
        "/invitations/Zk3-_aVq0Zk3-_aVq0Zk3-_aVq0Zk3-_aVq0Zk3-_aVq0",
        "/accounts/confirm-email/MQ:1abcdE:Zk3-_aVq0Zk3-_aVq0/",
        "/accounts/password/reset/key/1-cx2abc-0123456789abcdef/",
    ],
)
def test_no_line_holds_a_link_that_opens_something(path):
    told = scrub(f"Forbidden (CSRF cookie not set.): {path}")
    assert HIDDEN in told
    assert "abc" not in told
    assert "Zk3" not in told
    assert scrub("Forbidden: /invitations") == "Forbidden: /invitations"
