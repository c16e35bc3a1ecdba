"""The typed, frozen form of the recipe files: sources, filters, pipelines, tokenizer, mixture.

Every model refuses unknown keys. Where a value sits in its file is known to `corpus.config`, not here.
"""

from __future__ import annotations

from corpus.recipe.base import ByteSize, Model, OptionsWithFiles, TokenCount
from corpus.recipe.dedup import (
    DedupOptions,
    ExactOptions,
    FingerprintOptions,
    MinHashOptions,
    SimHashOptions,
    SubstringOptions,
    TemplateOptions,
    UrlOptions,
    UrlRule,
)
from corpus.recipe.filters import Bounds, FilterFile, FilterRecipe
from corpus.recipe.mixture import MixtureFile, Stage
from corpus.recipe.pipeline import PackOptions, PipelineFile, Resource
from corpus.recipe.signals import (
    BACKENDS,
    AdultLanguageModels,
    AdultOptions,
    CcnetContrast,
    CcnetFiles,
    CodeOptions,
    ContaminationOptions,
    GenreOptions,
    LanguageOptions,
    ParseOptions,
    PerplexityOptions,
    PiiOptions,
    SignalOptions,
    TextOptions,
)
from corpus.recipe.sources import (
    CodeReader,
    CsvReader,
    Fields,
    HuggingFaceReader,
    JsonlReader,
    PackageReader,
    ParquetReader,
    ParsedReader,
    Reader,
    SourceRecipe,
    SourcesFile,
    TextReader,
    WarcReader,
)
from corpus.recipe.tokenizer import CountWeights, TokenizerFile, Weights

__all__ = [
    "BACKENDS",
    "AdultLanguageModels",
    "AdultOptions",
    "Bounds",
    "ByteSize",
    "CcnetContrast",
    "CcnetFiles",
    "CodeOptions",
    "CodeReader",
    "ContaminationOptions",
    "CountWeights",
    "CsvReader",
    "DedupOptions",
    "ExactOptions",
    "Fields",
    "FilterFile",
    "FilterRecipe",
    "FingerprintOptions",
    "GenreOptions",
    "HuggingFaceReader",
    "JsonlReader",
    "LanguageOptions",
    "MinHashOptions",
    "MixtureFile",
    "Model",
    "OptionsWithFiles",
    "PackOptions",
    "PackageReader",
    "ParquetReader",
    "ParseOptions",
    "ParsedReader",
    "PerplexityOptions",
    "PiiOptions",
    "PipelineFile",
    "Reader",
    "Resource",
    "SignalOptions",
    "SimHashOptions",
    "SourceRecipe",
    "SourcesFile",
    "Stage",
    "SubstringOptions",
    "TemplateOptions",
    "TextOptions",
    "TextReader",
    "TokenCount",
    "TokenizerFile",
    "UrlOptions",
    "UrlRule",
    "WarcReader",
    "Weights",
]
