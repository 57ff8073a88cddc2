"""An HTTP connection to addresses that were looked at, whatever the name resolves to by now."""

import http.client
import socket
import ssl
from collections.abc import Sequence


class Connection(http.client.HTTPConnection):
    """As `http.client.HTTPConnection`, or HTTPS with `secure`, but nothing is resolved.

    `seconds` bounds each single wait on the socket, not the whole.
    """

    def __init__(
        self, host: str, port: int, addresses: Sequence[str], *, secure: bool, seconds: float
    ) -> None:
        super().__init__(host, port, timeout=seconds)
        self._addresses, self._secure, self._seconds = addresses, secure, seconds
        if secure:
            self.default_port = 443

    def connect(self) -> None:
        last: OSError = OSError("it has no address")
        for address in self._addresses:
            try:
                self.sock = socket.create_connection((address, self.port), self._seconds)
                break
            except OSError as error:
                last = error
        else:
            raise last
        if self._secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)
