"""Objects of an S3-compatible service: read, listed, written whole or not at all; only here is botocore.

Errors that pass (503, SlowDown, 500, timeouts, broken connections) are tried again for about a minute; what
does not pass (no such bucket, access denied, no credentials) is a StorageError at once. An object appears as
its one PUT, or the last request of its multipart upload, succeeds: nobody ever reads half of one, and nothing
is renamed. Credentials, region and endpoint are found as the AWS command line finds them: AWS_ACCESS_KEY_ID
and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, the role of the machine or pod.

Not pyarrow or s3fs: their writers publish what was written so far when the writing block fails, and pyarrow
has no conditional PUT, which the lock of a run needs, and no list of unfinished uploads.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from corpus.errors import StorageError

__all__ = ["Changed", "Head", "Objects", "Unsupported", "arrow_filesystem", "each", "is_object_url"]

#: Bytes of a request for a part of an object; also the largest body that is sent in one PUT.
_PART_BYTES = 16 << 20
#: Parts under way at once, for each object: 64 MB of memory in a worker that writes.
_PARTS = 4
#: The most parts of an upload, a limit of S3.
_MOST_PARTS = 10_000
#: Small requests under way at once.
_REQUESTS = 16
#: Tries of a request; the waits between them sum to about a minute.
_TRIES = 10
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 20.0
#: Codes of errors that pass, beside every status from 500 on but 501, and 429.
_BUSY = frozenset(
    "SlowDown InternalError ServiceUnavailable RequestTimeout Throttling ThrottlingException "
    "RequestLimitExceeded BandwidthLimitExceeded OperationAborted".split()
)
_CHUNK = 1 << 20
#: The user metadata that holds the digest of an object's bytes.
_DIGEST = "xxh3-128"
_URL = re.compile(r"s3:/{1,2}([^/]+)/?(.*)", re.DOTALL)

T = TypeVar("T")


def is_object_url(path: str | Path) -> bool:
    """Whether this names objects: s3://bucket/…, also as a Path, which makes s3:/bucket/… of it."""
    return _URL.fullmatch(str(path)) is not None


class Changed(StorageError):
    """A conditional request was refused: the object is, or is not, what it was thought to be."""


class Unsupported(StorageError):
    """The service does not know a request."""


class Head(NamedTuple):
    """An object: its name below the prefix, bytes, the service's tag of its content, our digest or "".

    `age_seconds` is the time since it was written, both by the clock of the service.
    """

    name: str
    size_bytes: int
    etag: str
    digest: str = ""
    age_seconds: float = 0.0


class Objects:
    """The objects below a prefix of a bucket; names are relative to it, parted by "/"."""

    def __init__(self, url: str | Path) -> None:
        found = _URL.fullmatch(str(url))
        if found is None:
            raise StorageError(f"{url}: is no address of objects; write s3://BUCKET/PREFIX")
        self.bucket, prefix = found[1], found[2].strip("/")
        self.prefix = f"{prefix}/" if prefix else ""

    def url(self, name: str = "") -> str:
        """The address of an object, or of all of them."""
        return f"s3://{self.bucket}/{self.prefix}{name}".rstrip("/")

    # ------------------------------------------------------------------ read

    def head(self, name: str) -> Head | None:
        """What the service says of an object; None where there is none."""
        found = self._ask("head_object", name, missing=True)
        return found and _head(name, found["ContentLength"], found)

    def read(self, name: str, start: int = 0, size: int | None = None) -> bytes | None:
        """The bytes of an object, or `size` of them from `start`."""
        span: dict[str, Any] = {}
        if size is not None:
            if size == 0:
                return b""
            span["Range"] = f"bytes={start}-{start + size - 1}"
        data = self._ask("get_object", name, lambda found: found["Body"].read(), missing=True, **span)
        return data if data is None else bytes(data)

    def end(self, name: str, size: int) -> tuple[bytes, int] | None:
        """The last `size` bytes of an object that is not empty, and how many it has."""

        def take(found: Any) -> tuple[bytes, int]:
            return found["Body"].read(), int(found["ContentRange"].rpartition("/")[2])

        data: tuple[bytes, int] | None = self._ask(
            "get_object", name, take, missing=True, Range=f"bytes=-{size}"
        )
        return data

    def fetch(self, found: Head, path: Path) -> None:
        """Write the object to a new file, in parts; raises Changed where it is not what `found` says."""
        with path.open("wb") as file:
            file.truncate(found.size_bytes)

            def part(start: int) -> None:
                size = min(_PART_BYTES, found.size_bytes - start)
                self._ask(
                    "get_object",
                    found.name,
                    lambda answer: _copy(answer["Body"], file.fileno(), start, size),
                    Range=f"bytes={start}-{start + size - 1}",
                    IfMatch=found.etag,
                )

            each(part, range(0, found.size_bytes, _PART_BYTES), _PARTS)

    def below(self, folder: str = "") -> Iterator[Head]:
        """The objects below a folder, in order of their names."""
        prefix = self.prefix + (f"{folder.strip('/')}/" if folder else "")
        more: dict[str, Any] = {}
        while True:
            page = self._ask("list_objects_v2", None, Prefix=prefix, **more)
            for item in page.get("Contents", ()):
                name = item["Key"].removeprefix(self.prefix)
                yield Head(name, item["Size"], item["ETag"])
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    # ----------------------------------------------------------------- write

    def write(self, name: str, data: bytes, condition: tuple[str, str] | None = None) -> str:
        """Put an object in one request and give its tag.

        condition   ("IfNoneMatch", "*") for only where there is none, ("IfMatch", tag) for only in place of
                    that one; Changed is raised where it does not hold
        """
        asked: dict[str, Any] = dict([condition] if condition else [])
        return str(self._ask("put_object", name, Body=data, ContentMD5=_md5(data), **asked)["ETag"])

    def send(self, path: Path, name: str, digest: str) -> None:
        """Put a file, in parts where it is large; the object is there when all of it is."""
        size = path.stat().st_size
        kept: dict[str, Any] = {"Metadata": {_DIGEST: digest}}
        if size <= _PART_BYTES:
            data = path.read_bytes()
            self._ask("put_object", name, Body=data, ContentMD5=_md5(data), **kept)
            return
        upload = {"UploadId": self._ask("create_multipart_upload", name, **kept)["UploadId"]}
        length = max(_PART_BYTES, -(-size // _MOST_PARTS))

        def part(number: int) -> dict[str, Any]:
            with path.open("rb") as file:
                file.seek((number - 1) * length)
                data = file.read(length)
            arguments = {"PartNumber": number, "Body": data, "ContentMD5": _md5(data), **upload}
            return {"PartNumber": number, "ETag": self._ask("upload_part", name, **arguments)["ETag"]}

        try:
            parts = each(part, range(1, -(-size // length) + 1), _PARTS)
            self._complete(name, size, digest, MultipartUpload={"Parts": parts}, **upload)
        except BaseException:
            self._ask("abort_multipart_upload", name, missing=True, **upload)
            raise

    def _complete(self, name: str, size: int, digest: str, **arguments: Any) -> None:
        """An answer that was lost is no failure: the upload is then gone and the object is there."""
        if self._ask("complete_multipart_upload", name, missing=True, **arguments) is None:
            found = self.head(name)
            if found is None or (found.size_bytes, found.digest) != (size, digest):
                raise StorageError(f"{self.url(name)}: its upload was ended by another process")

    def delete(self, names: Iterable[str]) -> None:
        """Delete objects; those that are not there are no error."""
        each(lambda name: self._ask("delete_object", name, missing=True), names, _REQUESTS)

    def abort_uploads(self) -> int:
        """End the uploads below the prefix that were never completed; gives how many there were."""
        page = self._ask("list_multipart_uploads", None, Prefix=self.prefix)
        found = page.get("Uploads", ())
        for item in found:
            name = item["Key"].removeprefix(self.prefix)
            self._ask("abort_multipart_upload", name, missing=True, UploadId=item["UploadId"])
        return len(found) + (self.abort_uploads() if page.get("IsTruncated") and found else 0)

    # --------------------------------------------------------------- requests

    def _ask(
        self,
        operation: str,
        name: str | None,
        take: Callable[[Any], T] | None = None,
        missing: bool = False,
        **arguments: Any,
    ) -> Any:
        """The answer, or what `take` makes of it; None for what is not there, where `missing` allows it."""
        client = _client(os.getpid())
        from botocore import exceptions as failures
        from botocore.parsers import ResponseParserError

        if name is not None:
            arguments["Key"] = self.prefix + name
        where = self.url(name or "")
        wait = _FIRST_WAIT
        for tries in range(1, _TRIES + 1):
            try:
                answer = getattr(client, operation)(Bucket=self.bucket, **arguments)
                return take(answer) if take else answer
            except failures.ClientError as error:
                status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
                code = error.response.get("Error", {}).get("Code", "")
                if missing and status == 404 and code != "NoSuchBucket":
                    return None
                said = f"{status} {code}".strip()
                if not (status == 429 or (status >= 500 and status != 501) or code in _BUSY):
                    raise _final(where, status, code) from error
                cause: Exception = error
            except failures.SSLError as error:
                raise StorageError(f"{where}: the connection is not safe: {error}") from error
            except (
                failures.HTTPClientError,
                failures.ConnectionError,
                failures.IncompleteReadError,
                ResponseParserError,
            ) as error:
                said, cause = str(error), error
            except failures.NoCredentialsError as error:
                raise StorageError(
                    f"{where}: there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
                    "AWS_PROFILE, or give the machine a role (docs/cluster.md)"
                ) from error
            except failures.BotoCoreError as error:
                raise StorageError(f"{where}: {error}") from error
            if tries == _TRIES:
                raise StorageError(
                    f"{where}: the service did not answer {tries} times ({said}); run the same command "
                    "again, it continues"
                ) from cause
            time.sleep(random.uniform(wait / 2, wait))
            wait = min(2 * wait, _LONGEST_WAIT)
        raise AssertionError("not reached")


@functools.lru_cache(1)
def _client(process: int) -> Any:
    """A client of this process; clients are safe between threads, not between a process and its children."""
    try:
        import botocore.session
        from botocore.config import Config
    except ImportError as error:
        raise StorageError("s3:// needs botocore: pip install 'corpus-works[s3]'") from error
    session = botocore.session.get_session()
    # a bucket in the name of the host needs a name server that knows it: rare outside of Amazon
    return session.create_client(
        "s3",
        config=Config(
            connect_timeout=10,
            read_timeout=60,
            max_pool_connections=2 * _REQUESTS,
            retries={"total_max_attempts": 1},  # `_ask` does it, and for bodies too
            # other services than Amazon's do not know the newer checksums; every body here has an MD5
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path" if _endpoint() else "auto"},
        ),
    )


def _endpoint() -> str:
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""


def arrow_filesystem() -> Any:
    """The same service as a file system of Arrow, for reading columns where they lie."""
    from pyarrow.fs import S3FileSystem

    endpoint = urlsplit(_endpoint())
    region = _client(os.getpid()).meta.region_name
    return S3FileSystem(
        region=None if region == "aws-global" else region,
        endpoint_override=endpoint.netloc or None,
        scheme=endpoint.scheme or None,
    )


def _final(where: str, status: int, code: str) -> StorageError:
    if status in (409, 412):
        return Changed(
            f"{where}: was changed by another process while it was used; run the same command again"
        )
    if status == 501:
        return Unsupported(f"{where}: the service cannot do this ({code})")
    advice = {
        "NoSuchBucket": "there is no such bucket; make it, or correct the name",
        "ExpiredToken": "the credentials have expired; get new ones and run the same command again",
        "InvalidAccessKeyId": "the service does not know these credentials",
        "SignatureDoesNotMatch": "the service refuses the secret key of these credentials",
    }.get(code)
    if advice is None and status == 403:
        advice = (
            "access denied: the credentials need s3:GetObject, PutObject, DeleteObject, ListBucket, "
            "AbortMultipartUpload and ListBucketMultipartUploads here"
        )
    if advice is None and status in (301, 307, 400) and "Redirect" in code + "Redirect" * (status != 400):
        advice = "the bucket is in another region; set AWS_REGION"
    if advice is None and status == 404:
        advice = "no such object"
    return StorageError(f"{where}: {advice or 'the service refuses'} ({status} {code})")


def _head(name: str, size: int, found: Any) -> Head:
    digest = found.get("Metadata", {}).get(_DIGEST, "")
    date = found["ResponseMetadata"]["HTTPHeaders"].get("date")
    age = (parsedate_to_datetime(date) - found["LastModified"]).total_seconds() if date else 0.0
    return Head(name, size, found["ETag"], digest, age)


def _copy(body: Any, file: int, start: int, size: int) -> None:
    from botocore.exceptions import IncompleteReadError

    done = 0
    while done < size and (data := body.read(min(_CHUNK, size - done))):
        done += os.pwrite(file, data, start + done)
    if done < size:
        raise IncompleteReadError(actual_bytes=done, expected_bytes=size)


def each(do: Callable[[Any], T], items: Iterable[Any], at_once: int) -> list[T]:
    """The results in order; one item is done in this thread."""
    listed = list(items)
    if len(listed) < 2:
        return [do(item) for item in listed]
    with ThreadPoolExecutor(min(at_once, len(listed))) as pool:
        futures = [pool.submit(do, item) for item in listed]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
