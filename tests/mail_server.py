"""A real mail server on this machine that keeps who got what; also as a process of its own.

python -m tests.mail_server FILE      writes its port, then a line for each mail, to FILE
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email.parser import BytesHeaderParser
from threading import Event, Thread
from typing import Any

from aiosmtpd.smtp import SMTP

GONE = "gone.example"  # mail to this domain is refused for good


class Keeper:
    """Message-ID and recipient of each mail that was taken, in order.

    `hold` makes it say nothing more at some mail, before or after it took it: `holding` is set.
    """

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []
        self.connections = 0
        self.holds: tuple[str, int] | None = None
        self.holding = Event()

    def hold(self, when: str, count: int) -> None:
        """`before` or `after` the mail that comes when so many were taken."""
        self.holding.clear()
        self.holds = (when, count)

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        del server, envelope
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if address.endswith(f"@{GONE}"):
            return "550 5.1.1 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        del server, session
        headers = BytesHeaderParser().parsebytes(envelope.content)
        name, came = str(headers["Message-ID"]), len(self.got)
        await self._held("before", came)
        for each in envelope.rcpt_tos:
            self.took(name, each)
        await self._held("after", came)
        return "250 taken"

    async def _held(self, when: str, count: int) -> None:
        if self.holds is not None and self.holds[0] == when and count >= self.holds[1]:
            self.holds = None
            self.holding.set()
            await asyncio.Event().wait()  # until the other side has left

    def took(self, name: str, recipient: str) -> None:
        self.got.append((name, recipient))


@contextmanager
def running() -> Iterator[tuple[Keeper, int]]:
    """A server in a thread, and its port."""
    keeper, loop, ready = Keeper(), asyncio.new_event_loop(), Event()
    ports: list[int] = []

    def work() -> None:
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(
            loop.create_server(lambda: SMTP(keeper, loop=loop), "127.0.0.1", 0)
        )
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = Thread(target=work, daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield keeper, ports[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)


class Writer(Keeper):
    def __init__(self, file: Any) -> None:
        super().__init__()
        self.file = file

    def took(self, name: str, recipient: str) -> None:
        self.file.write(f"{name} {recipient} {self.connections}\n")


async def serve(path: str) -> None:
    with open(path, "w", buffering=1) as file:  # noqa: PTH123
        writer = Writer(file)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(writer), "127.0.0.1", 0)
        file.write(f"{server.sockets[0].getsockname()[1]}\n")
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
