"""Finished artefacts in an object store that speaks S3: the contract of the file store.

An object is there whole or not at all: the store's own PUT is atomic, and its bytes are checked
against the digest that names them, on the way in (Content-MD5 and length) and on request.
"""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import parse_qs, unquote, urlsplit

from pipeline.publish.objects import BLOCK, MissingObjectError, WrongObjectError, digest_in

PART = 64 << 20  # bytes; larger objects go up in parts
_GONE = ("404", "NoSuchKey", "NotFound", "NoSuchUpload", "NoSuchVersion")


class S3Store:
    """Objects below a prefix of a bucket: `s3://bucket/prefix?endpoint=https://host`."""

    def __init__(self, url: str, client: Any = None) -> None:
        parts = urlsplit(url)
        self.bucket, self.prefix = parts.netloc, unquote(parts.path).strip("/")
        if not self.bucket:
            raise ValueError("STORAGE_URL has the form s3://bucket/prefix.")
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.client = client or _client(asked)

    def name(self, key: str) -> str:
        """The object's name. Keys come from us alone; one that climbs out is a bug."""
        if key.startswith("/") or ".." in key.split("/"):
            raise ValueError("a storage key leaves the storage")
        return f"{self.prefix}/{key}" if self.prefix else key

    def put(self, key: str, source: Path) -> None:
        """Keep a finished file under a key; again is no work.

        Raises WrongObjectError when its bytes are not those that the key names.
        """
        size = source.stat().st_size
        if self._size(key) == size:
            return
        told = digest_in(key)
        if told and _sha256(source) != told:
            raise WrongObjectError(f"{source.name} is not the file that its key names")
        if size > PART:
            self._put_parts(key, source)
        else:
            data = source.read_bytes()
            md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
            self._do("put_object", Key=self.name(key), Body=data, ContentMD5=md5)
        if self._size(key) != size:
            raise WrongObjectError(f"storage holds another length of {key} than was sent")

    def open(self, key: str) -> BinaryIO:
        """A stream that reads ahead nothing and can seek: each seek is a new range."""
        return cast(BinaryIO, _Stream(self, key, self.size(key)))

    def size(self, key: str) -> int:
        found = self._size(key)
        if found is None:
            raise MissingObjectError(f"storage holds no object {key}")
        return found

    def fetch(self, key: str, target: Path) -> None:
        """Write an object into a file, whole: a body that is cut short is an error.

        Raises MissingObjectError, WrongObjectError.
        """
        size, told = self.size(key), hashlib.sha256()
        try:
            with target.open("wb") as out:
                for start in range(0, size, PART):
                    block = self.read(key, start, min(PART, size - start))
                    told.update(block)
                    out.write(block)
        except OSError:
            target.unlink()
            raise
        if target.stat().st_size != size or digest_in(key) not in ("", told.hexdigest()):
            target.unlink()
            raise WrongObjectError(f"storage gave other bytes for {key} than its name promises")

    def read(self, key: str, start: int, length: int) -> bytes:
        if not length:
            return b""
        asked = f"bytes={start}-{start + length - 1}"
        answer = self._do("get_object", Key=self.name(key), Range=asked)
        try:
            data = answer["Body"].read()
        except Exception as error:
            raise WrongObjectError(f"storage broke off in the middle of {key}") from error
        if len(data) != length:
            raise WrongObjectError(f"storage broke off in the middle of {key}")
        return data

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys that begin with a prefix, in order."""
        cut = len(self.prefix) + 1 if self.prefix else 0
        pages = self.client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.bucket, Prefix=self.name(prefix)):
            for each in page.get("Contents", ()):
                yield each["Key"][cut:]

    def delete(self, key: str) -> None:
        """Take an object away; again is no work."""
        self._do("delete_object", Key=self.name(key))

    def purge(self, key: str) -> None:
        """Take an object away for good: every version of it, delete markers, and parts that were
        sent of an upload that was never finished. Again is no work."""
        name = self.name(key)
        asked = [("abort_multipart_upload", {"UploadId": upload}) for upload in self._uploads(name)]
        # A store that lists no versions has one, which needs no name.
        versions = [{"VersionId": each} for each in self._versions(name)] or [{}]
        asked += [("delete_object", told) for told in versions]
        failed = None
        for verb, told in asked:
            try:
                self._do(verb, Key=name, **told)
            except MissingObjectError:
                continue  # somebody else was faster
            except OSError as error:
                failed = error
        # Swift takes a delete marker away and answers that there is no such bucket.
        if failed is not None and self.remains(key):
            raise failed

    def remains(self, key: str) -> list[str]:
        """What is left of a purged key, in words; empty when nothing is. Asks and lists."""
        name = self.name(key)
        found = ["the object"] if self._size(key) is not None else []
        found += [f"version {each}" for each in self._versions(name)]
        return found + [f"an unfinished upload {each}" for each in self._uploads(name)]

    def _versions(self, name: str) -> list[str]:
        """Ids of all versions of an object, its delete markers among them."""
        return [
            each["VersionId"]
            for page in self._pages("list_object_versions", name)
            for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
            if each["Key"] == name
        ]

    def _uploads(self, name: str) -> list[str]:
        return [
            each["UploadId"]
            for page in self._pages("list_multipart_uploads", name)
            for each in page.get("Uploads", ())
            if each["Key"] == name
        ]

    def _pages(self, verb: str, prefix: str) -> list[Any]:
        """All pages of a list; none where the store does not know such lists."""
        from botocore.exceptions import BotoCoreError, ClientError

        pages = self.client.get_paginator(verb)
        try:
            return list(pages.paginate(Bucket=self.bucket, Prefix=prefix))
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in (*_GONE, "NotImplemented"):
                return []
            raise OSError(f"storage answered {code} to {verb}") from error
        except BotoCoreError as error:
            raise OSError(f"storage could not be asked: {type(error).__name__}") from error

    def check(self) -> None:
        """Raise OSError when the bucket can't be reached."""
        self._do("head_bucket")

    def _put_parts(self, key: str, source: Path) -> None:
        name = self.name(key)
        upload = self._do("create_multipart_upload", Key=name)["UploadId"]
        parts = []
        try:
            with source.open("rb") as file:
                while block := file.read(PART):
                    number = len(parts) + 1
                    told = self._do(
                        "upload_part", Key=name, UploadId=upload, PartNumber=number, Body=block
                    )
                    parts.append({"PartNumber": number, "ETag": told["ETag"]})
            done = {"Parts": parts}
            self._do("complete_multipart_upload", Key=name, UploadId=upload, MultipartUpload=done)
        except BaseException:
            self._do("abort_multipart_upload", Key=name, UploadId=upload)
            raise

    def _size(self, key: str) -> int | None:
        try:
            return int(self._do("head_object", Key=self.name(key))["ContentLength"])
        except MissingObjectError:
            return None

    def _do(self, verb: str, **asked: Any) -> Any:
        """One request; errors of the store and of the way there are OSErrors."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self.client, verb)(Bucket=self.bucket, **asked)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _GONE:
                raise MissingObjectError("storage holds no such object") from error
            raise OSError(f"storage answered {code} to {verb}") from error
        except BotoCoreError as error:
            raise OSError(f"storage could not be asked: {type(error).__name__}") from error


class _Stream:
    """Reads an object by ranges, as a file would."""

    def __init__(self, store: S3Store, key: str, size: int) -> None:
        self.store, self.key, self.length = store, key, size
        self.at = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = {0: 0, 1: self.at, 2: self.length}[whence] + offset
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, size: int = -1) -> bytes:
        left = max(self.length - self.at, 0)
        wanted = left if size < 0 else min(size, left, 8 * BLOCK)
        data = self.store.read(self.key, self.at, wanted)
        self.at += len(data)
        return data

    def close(self) -> None:
        """Nothing stays open between reads."""


def _client(asked: dict[str, str]) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=10,
        read_timeout=60,
        retries={"max_attempts": 5, "mode": "standard"},
        s3={"addressing_style": "path" if "endpoint" in asked else "auto"},
    )
    return boto3.client(
        "s3", endpoint_url=asked.get("endpoint"), region_name=asked.get("region"), config=config
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
