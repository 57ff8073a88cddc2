"""Mail into a folder: one `.eml` file a message, for the embedded run. A page shows them."""

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage as Outgoing
from django.core.mail.backends.base import BaseEmailBackend


class FolderBackend(BaseEmailBackend):
    """Each message becomes a file, whole or not at all."""

    def send_messages(self, email_messages: Sequence[Outgoing]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{datetime.now().astimezone():%Y%m%d%H%M%S%f}-{uuid4().hex[:8]}.eml"
            draft = folder / f".{name}"
            with draft.open("wb") as opened:
                opened.write(message.message().as_bytes())
                os.fsync(opened.fileno())
            draft.replace(folder / name)
        return len(email_messages)


class Letter(NamedTuple):
    name: str
    to: str
    subject: str
    at: datetime | None
    text: str


def letters(*, to: str = "", at_most: int = 100) -> Iterator[Letter]:
    """The newest messages first, of one address or of all."""
    folder = Path(settings.EMAIL_FILE_PATH)
    if not folder.is_dir():
        return
    shown = 0
    for file in sorted(folder.glob("*.eml"), reverse=True):
        letter = _read(file)
        if to and to.casefold() not in letter.to.casefold():
            continue
        yield letter
        shown += 1
        if shown >= at_most:
            return


def _read(file: Path) -> Letter:
    parsed = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(parsed, EmailMessage)  # noqa: S101  the default policy's class
    body = parsed.get_body(preferencelist=("plain",))
    date = parsed["Date"].datetime if parsed["Date"] else None
    text = body.get_content() if body is not None else ""
    return Letter(file.name, str(parsed["To"]), str(parsed["Subject"]), date, text)
