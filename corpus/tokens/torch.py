"""Packed rows as PyTorch tensors. The one module that imports torch, which is not a dependency."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from corpus.errors import StorageError

if TYPE_CHECKING:
    from corpus.tokens.dataset import Tokens

__all__ = ["dataset"]


def dataset(tokens: Tokens) -> Any:
    """A map-style torch Dataset over the rows; int64 tensors. Raises StorageError where torch is missing."""
    try:
        torch = importlib.import_module("torch")
        base = importlib.import_module("torch.utils.data").Dataset
    except ModuleNotFoundError as error:
        raise StorageError("to_torch() needs PyTorch, which is not installed: pip install torch") from error

    class Rows(base):  # type: ignore[misc, valid-type]
        def __len__(self) -> int:
            return len(tokens)

        def __getitem__(self, index: int) -> Any:
            return torch.from_numpy(tokens[index].astype("int64"))

    return Rows()
