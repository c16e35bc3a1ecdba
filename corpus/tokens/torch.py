"""Packed rows as PyTorch tensors. The one module that imports torch, which is not a dependency."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from corpus.errors import StorageError

if TYPE_CHECKING:
    from corpus.tokens.dataset import Tokens

__all__ = ["dataset"]


def dataset(tokens: Tokens, iterable: bool = False) -> Any:
    """A torch Dataset over the rows, map-style or an IterableDataset; int64 tensors. The workers of a
    DataLoader share the rows of an IterableDataset: of n, worker w gives rows w, w + n, … Raises StorageError
    where torch is missing."""
    try:
        torch = importlib.import_module("torch")
        data = importlib.import_module("torch.utils.data")
    except ModuleNotFoundError as error:
        raise StorageError("to_torch() needs PyTorch, which is not installed: pip install torch") from error

    class Rows(data.Dataset):  # type: ignore[misc, name-defined]
        def __len__(self) -> int:
            return len(tokens)

        def __getitem__(self, index: int) -> Any:
            return torch.from_numpy(tokens[index].astype("int64"))

    class Stream(data.IterableDataset):  # type: ignore[misc, name-defined]
        def __iter__(self) -> Iterator[Any]:
            worker = data.get_worker_info()
            first, step = (worker.id, worker.num_workers) if worker else (0, 1)
            for index in range(first, len(tokens), step):
                yield torch.from_numpy(tokens[index].astype("int64"))

    return Stream() if iterable else Rows()
