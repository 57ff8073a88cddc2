"""How much may be sent to the site at once: checked before a byte of a file is read."""

from typing import Any, BinaryIO

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

MOST = 24_000_000  # bytes of one form with its files


class Bounded(FileUploadHandler):
    """Stands first among the handlers and takes no file itself."""

    def handle_raw_input(
        self,
        input_data: BinaryIO,  # noqa: ARG002  the caller's shape
        META: Any,  # noqa: ARG002, N803
        content_length: int,
        boundary: bytes,  # noqa: ARG002
        encoding: str | None = None,  # noqa: ARG002
    ) -> None:
        if content_length > MOST:
            raise RequestDataTooBig(f"a form may hold at most {MOST} bytes")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:  # noqa: ARG002
        return raw_data

    def file_complete(self, file_size: int) -> None:  # noqa: ARG002
        return None
