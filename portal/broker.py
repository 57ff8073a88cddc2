"""The embedded broker: a folder of messages, for one machine, without a server.

Kombu's filesystem transport creates a message under its final name and writes it afterwards, so a
reader may take half of one and stop its worker. Here a message and a table of queues are written
under a dot-name and renamed into place; to take a message is to be the one whose unlink succeeds.
The URL is `bell://`; the transport options are those of `kombu.transport.filesystem`.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from time import time_ns
from typing import Any, ClassVar
from uuid import uuid4

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps, loads

Table = list[filesystem.exchange_queue_t]


class Channel(filesystem.Channel):
    """One connection's view of the folder: no lost message, none taken twice, none half read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for folder in (self.data_folder_in, self.data_folder_out, self.control_folder):
            Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)

    def get_table(self, exchange: str) -> Table:
        """Queues bound to `exchange`; none when nobody bound one."""
        try:
            rows = loads(self._exchange_file(exchange).read_bytes())
        except FileNotFoundError:
            return []
        return [filesystem.exchange_queue_t(*row) for row in rows]

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._locked():
            table = self.get_table(exchange)
            if row not in table:
                _write(self._exchange_file(exchange), dumps([row, *table]))

    def _delete(
        self, queue: str, exchange: str, routing_key: str, pattern: str, *_others: Any
    ) -> None:
        self._purge(queue)
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._locked():
            table = self.get_table(exchange)
            if row in table:
                kept = [other for other in table if other != row]
                _write(self._exchange_file(exchange), dumps(kept))

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # noqa: ARG002
        # Names sort by wall time: the stock ones count from the boot, so a reboot reverses them.
        name = f"{time_ns():020d}_{uuid4()}.{queue}.msg"
        _write(Path(self.data_folder_out, name), dumps(payload))

    def _get(self, queue: str) -> dict[str, Any]:
        for name in sorted(os.listdir(self.data_folder_in)):  # noqa: PTH208  # plain names: it polls
            if name.partition(".")[2] == f"{queue}.msg":
                text = _take(Path(self.data_folder_in, name))
                if text is not None:
                    return loads(text)
        raise Empty

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One binder at a time, in whatever process; the system lets go when that one dies."""
        with Path(self.control_folder, ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{uuid4().hex}.part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _take(path: Path) -> bytes | None:
    """The message, or None when another process was faster."""
    try:
        text = path.read_bytes()
        path.unlink()
    except FileNotFoundError:
        return None
    return text


class Transport(filesystem.Transport):
    """What `bell://` stands for."""

    Channel = Channel
    driver_type = driver_name = "bell"
    default_connection_params: ClassVar = {"port": 0}  # a folder has no host to warn about


TRANSPORT_ALIASES["bell"] = "portal.broker:Transport"
