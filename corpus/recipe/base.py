"""What all recipe models share: unknown keys are refused, sizes and counts are read, files are told."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = ["ByteSize", "Model", "OptionsWithFiles", "TokenCount"]

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_COUNTS = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


def _parse_bytes(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    number = value.rstrip("KMGiB").strip()
    unit = value[len(value.rstrip("KMGiB")) :]
    if unit not in _UNITS or not number.replace(".", "", 1).isdigit():
        raise ValueError(f"'{value}' is not a size; write for example 32MB")
    return round(float(number) * _UNITS[unit])


#: A number of bytes, written as 1000000, 32MB or 32MiB.
ByteSize = Annotated[int, BeforeValidator(_parse_bytes), Field(gt=0)]


def _parse_count(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    number, unit = value.strip(), 1
    if number[-1:] in _COUNTS:
        number, unit = number[:-1].strip(), _COUNTS[number[-1:]]
    if not number.replace(".", "", 1).replace("_", "").isdigit():
        raise ValueError(f"'{value}' is not a number of tokens; write for example 366B")
    return round(float(number) * unit)


#: A number of tokens, written as 1000000, 40M or 366B.
TokenCount = Annotated[int, BeforeValidator(_parse_count), Field(gt=0)]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class OptionsWithFiles(Model):
    """Options of a signal group that name files of the user: inputs of a build, by content, not by place."""

    def files(self) -> dict[str, str]:
        """Paths by the name of the artefact each becomes; relative to the project."""
        raise NotImplementedError

    def without_paths(self) -> Self:
        """The same where of a path only what says how the file is read is left."""
        raise NotImplementedError
