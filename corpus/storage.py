"""Digests and atomic publication of local files; every write in a run goes through here."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from corpus.errors import StorageError

__all__ = [
    "canonical_json",
    "digest_bytes",
    "digest_file",
    "encode_json",
    "file_state",
    "publish",
    "read_json",
    "remove_tree",
    "storage_error",
    "write_bytes",
    "write_json",
    "write_parquet",
]

_CHUNK = 1 << 22


def digest_bytes(data: bytes) -> str:
    """xxh3-128 as 32 hexadecimal digits."""
    return xxhash.xxh3_128_hexdigest(data)


def digest_file(path: Path) -> str:
    """xxh3-128 of the file's bytes; raises StorageError where it cannot be read."""
    state = xxhash.xxh3_128()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                state.update(chunk)
    except OSError as error:
        raise storage_error(path, "cannot be read", error) from error
    return state.hexdigest()


def file_state(path: Path) -> tuple[int, int]:
    """(bytes, time of change in ns): while they are the same, a file counts as unchanged."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def canonical_json(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: equal values give equal bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def read_json(path: Path) -> Any:
    """The parsed file; raises StorageError naming it where it is missing or damaged."""
    try:
        return orjson.loads(path.read_bytes())
    except OSError as error:
        raise storage_error(path, "cannot be read", error) from error
    except orjson.JSONDecodeError as error:
        raise StorageError(f"{path}: is damaged ({error}); delete it and build again") from error


def encode_json(value: Any) -> bytes:
    """JSON as the files of a run hold it: sorted keys, indented."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n"


def write_json(path: Path, value: Any) -> None:
    """Write so that the file is there whole or not at all."""
    write_bytes(path, encode_json(value))


def write_bytes(path: Path, data: bytes) -> None:
    """Write so that the file is there whole or not at all."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_bytes(data)
        scratch.replace(path)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise storage_error(path, "cannot be written", error) from error


def write_parquet(table: pa.Table, path: Path, row_group_rows: int | None = None) -> None:
    """Parquet as every file of a run is written: zstd level 1, row groups of at most about 64 MB."""
    if row_group_rows is None and table.num_rows:
        row_group_rows = max(1, min(table.num_rows, table.num_rows * 64_000_000 // max(table.nbytes, 1)))
    # Names recur; of texts and measured numbers a dictionary takes longer (65 columns of text signals: 8.4 ms
    # with, 5.0 without) and more bytes (411, 336 kB).
    names = [
        path
        for field in table.schema
        for path, kind in _leaves(field.name, field.type)
        if pa.types.is_string(kind)
    ]
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=1,
        row_group_size=row_group_rows,
        use_dictionary=names,
    )


def _leaves(path: str, kind: pa.DataType) -> Iterator[tuple[str, pa.DataType]]:
    """Paths and types of the columns Parquet makes of one."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        yield from _leaves(f"{path}.list.element", kind.value_type)
    elif pa.types.is_struct(kind):
        for field in kind:
            yield from _leaves(f"{path}.{field.name}", field.type)
    elif pa.types.is_map(kind):
        yield from _leaves(f"{path}.key_value.key", kind.key_type)
        yield from _leaves(f"{path}.key_value.value", kind.item_type)
    else:
        yield path, kind


def publish(scratch: Path, final: Path) -> None:
    """Move a finished file to its final name in one step, replacing what was there."""
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        scratch.replace(final)
    except OSError as error:
        raise storage_error(final, "cannot be published", error) from error


def remove_tree(path: Path) -> None:
    """Delete a folder and what is in it; nothing happens where there is none."""
    shutil.rmtree(path, ignore_errors=True)


def storage_error(path: Path, what: str, error: OSError) -> StorageError:
    """What happened to a path, and what to do."""
    advice = {
        errno.ENOSPC: "the disk is full: free some space and run the same command again, it continues",
        errno.EACCES: "permission denied: check the owner and mode of the folder",
        errno.EROFS: "the file system is read-only: choose another --output",
        errno.ENOENT: "no such file",
    }.get(error.errno or 0, error.strerror or str(error))
    return StorageError(f"{path}: {what}: {advice}")
