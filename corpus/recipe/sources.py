"""sources.yaml: the hand-picked data sets and how they are read."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field

from corpus.recipe.base import ByteSize, Model

__all__ = [
    "CodeReader",
    "CsvReader",
    "Fields",
    "HuggingFaceReader",
    "JsonlReader",
    "PackageReader",
    "ParquetReader",
    "ParsedReader",
    "Reader",
    "SourceRecipe",
    "SourcesFile",
    "TextReader",
    "WarcReader",
]


class Fields(Model):
    """Which columns of a record hold what; an empty name means the record has none."""

    text: str = "text"
    id: str = "id"
    url: str = "url"


class JsonlReader(Model):
    """JSON Lines, plain or compressed (.gz, .zst)."""

    type: Literal["jsonl"]
    path: str
    fields: Fields = Fields()


class ParquetReader(Model):
    """Parquet files."""

    type: Literal["parquet"]
    path: str
    fields: Fields = Fields()


class CsvReader(Model):
    """Tables, .csv or .tsv, plain or compressed; `delimiter` where the ending does not say it."""

    type: Literal["csv"]
    path: str
    fields: Fields = Fields()
    delimiter: str = Field(default="", max_length=1, pattern=r"^[^\r\n\"]?$")


class HuggingFaceReader(Model):
    """A data set read with the `datasets` library; `dataset` is an id or a folder."""

    type: Literal["huggingface"]
    dataset: str
    config: str = ""
    split: str = "train"
    revision: str = ""
    streaming: bool = True
    fields: Fields = Fields()


class WarcReader(Model):
    """Web archives (WARC, WET); one document a page."""

    type: Literal["warc"]
    path: str


def _is_encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError as error:
        raise ValueError(f"there is no encoding of text '{name}'; for example utf-8, windows-1252") from error
    return name


Encoding = Annotated[str, AfterValidator(_is_encoding)]
Split = Literal["file", "paragraph", "section"]


class TextReader(Model):
    """A folder of files that `parser` reads, plain or compressed.

    split: one document a file, a paragraph (catalogues: a message) or a section (HTML, manuals: a heading;
    catalogues and text: about 4,000 characters).
    """

    type: Literal["text"]
    path: str
    parser: Literal["text", "html", "docbook", "mallard", "catalogue", "json-catalogue"] = "text"
    split: Split = "file"
    encoding: Encoding = "utf-8"


class CodeReader(Model):
    """A folder of source files; the programming language follows from extension and content."""

    type: Literal["code"]
    path: str
    max_bytes: ByteSize = 1_048_575


class PackageReader(Model):
    """A package of a registry, downloaded by the user's own client and verified by its SHA-256.

    `split` as for text; `max_bytes` leaves larger source files out.
    """

    type: Literal["package"]
    registry: Literal["pypi", "npm", "debian"]
    package: str = Field(pattern=r"^(@[a-z0-9._-]+/)?[A-Za-z0-9][A-Za-z0-9._+-]*$")
    version: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+~:_-]*$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    parser: Literal["html", "docbook", "mallard", "catalogue", "json-catalogue", "text", "code"]
    split: Split = "file"
    encoding: Encoding = "utf-8"
    max_bytes: ByteSize = 1_048_575


#: Readers that hand the bytes of each file to a parser.
ParsedReader: TypeAlias = TextReader | PackageReader

Reader = Annotated[
    JsonlReader
    | ParquetReader
    | CsvReader
    | HuggingFaceReader
    | TextReader
    | WarcReader
    | CodeReader
    | PackageReader,
    Field(discriminator="type"),
]


class SourceRecipe(Model):
    """One hand-picked data set.

    languages maps a declared language to patterns (fnmatch, `*` also matches `/`) of the files that hold it,
    relative to what the reader opens; no pattern means all files. `max_loss_ratio` stands in place of that of
    the pipeline's `dedup` where a source is known to hold copies. `aligned`: its text says the same in
    each of its languages, so that the tokenizer's card can compare them (`corpus.tokens.aligned`).
    """

    licence: str
    reader: Reader
    languages: dict[str, tuple[str, ...]] = Field(min_length=1)
    exclude: tuple[str, ...] = ()
    description: str = ""
    custodian: str = ""
    homepage: str = ""
    contact: str = ""
    clean: tuple[str, ...] = ("unicode", "whitespace")
    reference: bool = False
    aligned: bool = False
    crawl: bool = False
    priority: int = 0
    max_loss_ratio: float | None = Field(default=None, gt=0, le=1)


class SourcesFile(Model):
    """sources.yaml"""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    pipeline: str = "bloom-fixed"
    plugins: tuple[str, ...] = ()
    sources: dict[str, SourceRecipe] = Field(min_length=1)
