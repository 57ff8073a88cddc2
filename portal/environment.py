"""Reading the process environment: each variable once, typed, with a sentence when it is wrong."""

import json
import os
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


class WrongSettingError(ImproperlyConfigured):
    """A variable of the environment can't be used; the message names it and the mend."""


def take_home(arguments: list[str]) -> list[str]:
    """Take `--home DIR` out of a command line and set GATEHOUSE_HOME from it.

    Settings are read before Django parses options, so manage.py calls this first.
    """
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--home":
            folder = next(words, "")
        elif word.startswith("--home="):
            folder = word.removeprefix("--home=")
        else:
            rest.append(word)
            continue
        if not folder:
            raise WrongSettingError("--home needs a folder, e.g. --home var.")
        os.environ["GATEHOUSE_HOME"] = folder
    return rest


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool = False) -> bool:
    told = text(name).lower()
    if told in {"", "0", "1", "true", "false", "yes", "no"}:
        return default if not told else told in {"1", "true", "yes"}
    raise WrongSettingError(f"{name} is '{told}': write 1 or 0.")


def number(name: str, default: int, *, least: int = 0, most: int = 10**12) -> int:
    told = text(name)
    if not told:
        return default
    if not told.isdecimal() or not least <= int(told) <= most:
        raise WrongSettingError(f"{name} is '{told}': write a whole number from {least} to {most}.")
    return int(told)


def table(name: str) -> dict[str, str]:
    """A JSON object of texts, e.g. settings of a mail service; its values are never printed."""
    told = text(name, "{}")
    try:
        found = json.loads(told)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise WrongSettingError(f'{name} is no JSON object: write it like {{"API_KEY": "..."}}.')
    return found


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def url(name: str, default: str, *, schemes: set[str]) -> str:
    """A URL with one of these schemes; the value is never printed, it may hold a password."""
    told = text(name, default)
    scheme = urlsplit(told).scheme
    if scheme not in schemes:
        wanted = ", ".join(f"{each}://" for each in sorted(schemes))
        raise WrongSettingError(f"{name} begins with '{scheme}://': it must begin with {wanted}.")
    return told


def web_address(name: str) -> str:
    """A public http(s) address without a path, or empty."""
    told = text(name).rstrip("/")
    if told and (urlsplit(told).scheme not in {"http", "https"} or not urlsplit(told).netloc):
        raise WrongSettingError(f"{name} is '{told}': write it like https://data.example.org.")
    return told


def host_of(address: str) -> str:
    return urlsplit(address).hostname or ""


def is_local(address: str) -> bool:
    """Whether an address (or none) leads to this machine alone."""
    return not address or urlsplit(address).hostname in {"localhost", "127.0.0.1", "::1"}


def home() -> Path:
    """The folder that holds everything of an embedded run; made when it is absent."""
    told = text("GATEHOUSE_HOME", "var")
    folder = Path(told).expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise WrongSettingError(
            f"GATEHOUSE_HOME is '{told}', where nothing can be written ({error.strerror}): "
            "choose another folder with --home."
        ) from error
    return folder


def secret(name: str, file: Path) -> str:
    """A secret from the environment, else from a file that only its owner reads, made at need.

    Two processes may start at once: the file is linked into place whole, and the first one wins.
    """
    told = text(name)
    if told:
        if len(told) < 32:
            raise WrongSettingError(f"{name} is shorter than 32 characters: make a longer one.")
        return told
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = file.with_name(f".{file.name}-{os.getpid()}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:  # noqa: PTH123
            opened.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text().strip()


def secrets_of(name: str) -> list[str]:
    """Secrets with commas between, each long enough; none when it is empty."""
    told = words(name)
    if any(len(each) < 32 for each in told):
        raise WrongSettingError(f"{name} has one shorter than 32 characters: make a longer one.")
    return told


def stop(error: ImproperlyConfigured) -> None:
    """End the process with the sentence and nothing else."""
    sys.stderr.write(f"gatehouse: {error}\n")
    raise SystemExit(2)
