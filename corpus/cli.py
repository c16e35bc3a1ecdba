"""The command line: arguments, exit codes, printing. Every verb calls the function of that name in the API.

Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 failed, 2 usage or configuration,
3 a gate was not met, 4 interrupted but resumable, 130 Ctrl-C.
"""

from __future__ import annotations

import signal as os_signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Literal, NoReturn

import orjson
import typer
from rich.console import Console
from rich.table import Table

from corpus.errors import CorpusError, StorageError
from corpus.footprint import without_pandas

__all__ = ["app", "main"]

app = typer.Typer(
    help="Hand-picked sources in, packed training tokens out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
#: Exit codes of a command that was interrupted.
_TERMINATED, _CTRL_C = 4, 130
err = Console(stderr=True, highlight=False)
out = Console(highlight=False)

SourcesArgument = Annotated[Path, typer.Argument(help="The sources.yaml of the project.")]
OutputOption = Annotated[Path, typer.Option("--output", help="Folder of builds, or s3://BUCKET/PREFIX.")]
LimitOption = Annotated[
    int, typer.Option("--limit", min=0, help="Documents per source, shared by its languages; 0 for all.")
]
SkipOption = Annotated[
    bool, typer.Option("--skip-unavailable", help="Build without the sources that cannot be had.")
]
RetrainOption = Annotated[
    bool, typer.Option("--retrain", help="Train pinned tokenizers and models anew after a removal.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
RunArgument = Annotated[Path, typer.Argument(help="A build, for example build/demo.")]


@app.command()
def build(
    sources: SourcesArgument = Path("sources.yaml"),
    output: OutputOption = Path("build"),
    executor: Annotated[Literal["ray", "local"], typer.Option(help="Where tasks run.")] = "ray",
    workers: Annotated[int | None, typer.Option(min=1, help="Tasks at once; default: one a core.")] = None,
    limit: LimitOption = 0,
    skip_unavailable: SkipOption = False,
    retrain: RetrainOption = False,
    as_json: JsonOption = False,
) -> None:
    """Build the corpus; safe to repeat, it continues where it stopped."""
    from corpus import api
    from corpus.opened import open_run
    from corpus.progress import TerminalListener
    from corpus.tokens.options import tokenizer_name

    started = time.monotonic()
    listener = TerminalListener(err)
    project = api.load(sources)
    result = api.build(
        project,
        output=output,
        executor=executor,
        workers=workers,
        limit=limit,
        skip_unavailable=skip_unavailable,
        retrain=retrain,
        listener=listener,
        notify=listener.notify,
    )
    run = open_run(f"{output}/{project.name}")
    folder, totals = run.url, run.report["totals"]
    if as_json:
        found = {"root_digest": result.root_digest, "ran": result.ran, "folder": folder, "totals": totals}
        _print_json(found)
        return
    seconds = time.monotonic() - started
    if result.ran:
        out.print(f"{result.ran} tasks in {seconds:.0f} s.")
    else:
        out.print(f"Nothing to do: every output is up to date ({seconds:.1f} s).")
    size, left = (f"{totals[name] / 1e6:.1f}" for name in ("bytes_in", "bytes_kept"))
    out.print(
        f"{totals['kept']:,} of {totals['documents_in']:,} documents kept, {left} of {size} MB; "
        f"{totals['tokens']:,} tokens"
    )
    if not totals["kept"]:
        out.print("[yellow]nothing is left[/]: the report says what dropped each document")
    out.print(f"root digest   {result.root_digest}")
    for label, place in (
        ("report", "report/report.html"),
        ("clean text", "text/"),
        ("tokenizer", f"tokenizer/{tokenizer_name(project.tokenizer)}"),
        ("tokens", "tokens/"),
        ("packed", "packed/"),
    ):
        out.print(f"{label:13} {folder}/{place}", soft_wrap=True)


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Folder of the new project.")]) -> None:
    """Make a new project: the packaged recipes, copied out for editing."""
    from corpus.init import init as make

    written = make(folder)
    out.print(f"{len(written)} files in {folder}")
    out.print(f"next: edit {folder}/sources.yaml, then corpus build {folder}/sources.yaml", soft_wrap=True)


@app.command()
def dashboard(
    run: RunArgument,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine.")] = 8765,
) -> None:
    """Show a build in the browser; serves on this machine only, until Ctrl-C."""
    from corpus.opened import open_run
    from corpus.report.dashboard import serve

    serve(open_run(run).url, port=port)


@app.command()
def report(run: RunArgument) -> None:
    """Print report.json of a build."""
    from corpus.opened import open_run

    _print_json(open_run(run).report)


@app.command()
def plan(
    sources: SourcesArgument = Path("sources.yaml"),
    output: OutputOption = Path("build"),
    limit: LimitOption = 0,
    skip_unavailable: SkipOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what a build would run now, and why."""
    from corpus import api

    planned = api.plan(sources, output=output, limit=limit, skip_unavailable=skip_unavailable)
    if as_json:
        _print_json(
            [
                {
                    "step": p.step.name,
                    "tasks": p.tasks,
                    "pending": p.pending,
                    "is_known": p.is_known,
                    "why": p.why,
                    "pinned": p.pinned,
                }
                for p in planned
            ]
        )
        return
    table = Table("step", "what it does", "tasks", "to run", "why", box=None, pad_edge=False)
    for item in planned:
        if not item.is_known:
            table.add_row(item.step.name, item.step.title, "?", "?", "follows from the steps before")
            continue
        why = "; ".join(f"{count} {reason}" for reason, count in sorted(item.why.items())) or "up to date"
        why += f" ({item.pinned} pinned)" if item.pinned else ""
        table.add_row(item.step.name, item.step.title, str(item.tasks), str(item.pending), why)
    out.print(table)
    out.print(f"input: {planned[0].input_bytes / 1e6:.0f} MB")


@app.command()
def preview(
    sources: SourcesArgument,
    signal: Annotated[str, typer.Argument(help="A signal, for example word_count.")],
    sample: Annotated[int, typer.Option(min=1, help="Documents per source.")] = 100,
    low: Annotated[float | None, typer.Option("--min", help="Smallest value kept.")] = None,
    high: Annotated[float | None, typer.Option("--max", help="Largest value kept.")] = None,
    html: Annotated[Path | None, typer.Option(help="File for a page with it all.")] = None,
    png: Annotated[Path | None, typer.Option(help="File for a picture; needs the extra png.")] = None,
    output: OutputOption = Path("build"),
    skip_unavailable: SkipOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show how a signal is distributed over a sample, and what bounds would drop."""
    from dataclasses import asdict

    from corpus import api
    from corpus.progress import show_preview
    from corpus.report.preview import preview_page, preview_picture
    from corpus.storage import write_bytes

    found = api.preview(
        sources, signal, sample=sample, min=low, max=high, skip_unavailable=skip_unavailable, output=output
    )
    if html:
        write_bytes(html, preview_page(found).encode())
    if png:
        write_bytes(png, preview_picture(found))
    if as_json:
        _print_json(asdict(found))
    else:
        show_preview(found, out)


@app.command()
def fit(
    reference: Annotated[Path, typer.Argument(help="Good text: a sources.yaml, or JSON Lines.")],
    filters: Annotated[Path, typer.Option(help="The filter set to start from.")] = Path("filters/text.yaml"),
    crawl: Annotated[Path | None, typer.Option(help="Text as found, JSON Lines: what would go.")] = None,
    tighten: Annotated[str, typer.Option(help="Filters that may be narrowed, with commas between.")] = "",
    output: Annotated[Path | None, typer.Option("--output", help="File for the filter set.")] = None,
    stop_words: Annotated[Path | None, typer.Option(help="File for the stop words.")] = None,
    models: Annotated[Path | None, typer.Option(help="Folder for language models, as ARPA.")] = None,
    limit: LimitOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Propose filter bounds and stop words for the languages of reference text; changes nothing by itself."""
    from dataclasses import asdict
    from datetime import UTC, datetime

    from corpus import fitting
    from corpus.config import load_filters
    from corpus.fitting_models import fit_models, models_table
    from corpus.storage import write_bytes

    text = fitting.read_reference(reference, limit)
    fitted = fitting.fit_filters(
        text,
        load_filters(filters),
        tighten=[name for name in tighten.split(",") if name],
        crawl=None if crawl is None else fitting.read_reference(crawl),
        day=datetime.now(UTC).date().isoformat(),
    )
    trained = [] if models is None else fit_models(text, models)
    if output:
        write_bytes(output, fitted.filters_yaml().encode())
    if stop_words:
        write_bytes(stop_words, fitted.stop_words_yaml().encode())
    if as_json:
        words = fitted.stop_words
        found = {"proposals": [asdict(item) for item in fitted.proposals], "stop_words": words}
        _print_json(found | {"models": [asdict(item) for item in trained]})
    else:
        out.print(fitting.shown(fitted))
        if trained:
            out.print(models_table(trained))


@app.command()
def verify(run: RunArgument) -> None:
    """Recompute every digest of a build; fails naming the first file that is not what it was."""
    from corpus import api

    out.print(f"root digest   {api.verify(run)}")
    out.print("every output is what its manifest says")


@app.command()
def remove(
    sources: SourcesArgument = Path("sources.yaml"),
    ids: Annotated[list[str] | None, typer.Option("--id", help="Id of a document; may be repeated.")] = None,
    urls: Annotated[
        list[str] | None, typer.Option("--url", help="URL of a document; may be repeated.")
    ] = None,
    listed: Annotated[
        Path | None, typer.Option("--file", help="Text file with an id or a URL on each line.")
    ] = None,
    output: OutputOption = Path("build"),
    retrain: RetrainOption = False,
    executor: Annotated[Literal["ray", "local"], typer.Option(help="Where tasks run.")] = "local",
    workers: Annotated[int | None, typer.Option(min=1, help="Tasks at once; default: one a core.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Take documents out of a build, and keep them out of later ones; prints where the receipt is."""
    from corpus.progress import TerminalListener
    from corpus.remove import read_list
    from corpus.remove import remove as remove_documents

    more_ids, more_urls = read_list(listed) if listed else ([], [])
    listener = TerminalListener(err)
    receipt = remove_documents(
        sources,
        ids=[*(ids or ()), *more_ids],
        urls=[*(urls or ()), *more_urls],
        output=output,
        retrain=retrain,
        executor=executor,
        workers=workers,
        listener=listener,
        notify=listener.notify,
    )
    if as_json:
        _print_json(receipt)
        return
    files, digests = receipt["files"], receipt["root_digest"]
    count = len(receipt["documents"])
    out.print(
        f"{count} document{'s' if count != 1 else ''} removed, {sum(receipt['tasks_run'].values())} tasks in "
        f"{receipt['build_seconds']:.1f} s; {files['rewritten']} of {files['before']} files changed."
    )
    out.print(f"root digest   {digests['after']} (was {digests['before'][:12]}…)", soft_wrap=True)
    out.print(f"receipt       {receipt['receipt']}", soft_wrap=True)
    for item in receipt["raw"]:
        out.print(f"not rewritten {item['file']} of source {item['source']}: it is your file", soft_wrap=True)


@app.command()
def diff(
    a: Annotated[Path, typer.Argument(help="A build.")],
    b: Annotated[Path, typer.Argument(help="Another build.")],
    samples: Annotated[int, typer.Option(min=0, help="Documents shown of each cause.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Show which documents are in the result of one build and not of another, and why."""
    from corpus.diff import diff as difference
    from corpus.opened import open_run
    from corpus.rendering import shown_difference

    found = difference(open_run(a), open_run(b), samples)
    if as_json:
        _print_json(found)
    else:
        out.print(shown_difference(found))


@app.command()
def doctor(
    only: Annotated[list[str] | None, typer.Argument(help="Checks; none named for all.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Look whether this machine is fit to build; exit code 1 where something needed is broken."""
    from dataclasses import asdict

    from corpus.doctor import examine

    findings = []
    colours = {"ok": "green", "warning": "yellow", "broken": "red"}
    for item in examine(only or ()):
        findings.append(item)
        if not as_json:
            colour = colours[item.status]
            out.print(f"[{colour}]{item.status:8}[/] {item.name:18} ", end="")
            out.print(item.value + (f" → {item.advice}" if item.advice else ""), markup=False, soft_wrap=True)
    if as_json:
        _print_json([asdict(item) for item in findings])
    if any(item.status == "broken" for item in findings):
        raise typer.Exit(1)


@app.command()
def explain(
    run: RunArgument,
    document: Annotated[str, typer.Argument(help="A document id, or its beginning.")],
    spans: Annotated[
        bool, typer.Option("--spans", help="Of a mixed document, which part is in which language.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Print everything a build knows about a document: origin, signals, verdicts, cluster, tokens."""
    from corpus.explain import explain as explain_document
    from corpus.opened import open_run

    _print_document(explain_document(open_run(run), document, spans), as_json)


@app.command()
def trace(
    token: Annotated[str, typer.Argument(help="A token: build/demo/packed/00000.bin:OFFSET.")],
    as_json: JsonOption = False,
) -> None:
    """Print which document a token comes from, and everything a build knows about it."""
    from corpus.explain import trace as trace_token
    from corpus.opened import run_of

    name, _, offset = token.rpartition(":")
    run = run_of(Path(name))
    if run is None or not offset.isdigit():
        raise typer.BadParameter("give a .bin file of a finished build, a colon and a number of tokens")
    _print_document(trace_token(run, name, int(offset)), as_json)


def _print_document(found: dict[str, Any], as_json: bool) -> None:
    from corpus.rendering import shown_document

    if as_json:
        _print_json(found)
    else:
        out.print(shown_document(found))


@app.command()
def export(
    run: RunArgument,
    format: Annotated[str, typer.Argument(help="ds, npy, mds, parquet or metaseq.")],
    folder: Annotated[Path, typer.Argument(help="A new folder to write to.")],
    packed: Annotated[bool, typer.Option("--packed", help="The packed rows, not documents.")] = False,
) -> None:
    """Write the tokens of a build in the format of another trainer."""
    from corpus.opened import open_run
    from corpus.tokens.export import export as write

    written = write(open_run(run).url, format, folder, packed=packed)
    out.print(f"{len(written)} files in {folder}", soft_wrap=True)


lid_app = typer.Typer(help="Identify languages; train the model that does.", no_args_is_help=True)
app.add_typer(lid_app, name="lid")
TextArgument = Annotated[Path, typer.Argument(help="A text file, UTF-8; - for stdin.", allow_dash=True)]
BackendOption = Annotated[
    str, typer.Option("--model", help="corpus, cld2, or the path of a .lid, .bin or .ftz file.")
]


@lid_app.command("train")
def lid_train(
    inputs: Annotated[list[Path], typer.Argument(help="Labelled text: .jsonl or .tsv, also .gz, .zst.")],
    output: Annotated[Path, typer.Option("--output", help="The model to write.")],
    exclude_source: Annotated[
        list[str] | None, typer.Option("--exclude-source", help="A source not to train on; repeatable.")
    ] = None,
    extend: Annotated[
        str, typer.Option("--extend", help="Add the new languages to a model: `corpus` or a .lid file.")
    ] = "",
) -> None:
    """Train a model from labelled text, or add languages to one; the same text gives the same bytes."""
    if extend:
        from corpus.lid.extend import extend as add
        from corpus.lid.model import SHIPPED

        base = SHIPPED if extend == "corpus" else Path(extend)
        added = add(inputs, output, base, exclude_source or ())
        for language, share in added.found.items():
            out.print(f"{language}: {share:.1%} of held-out windows of 200 bytes are found")
        out.print(f"model  {added.path}", soft_wrap=True)
        return
    from corpus.lid.train import train

    found = train(inputs, output, exclude_sources=exclude_source or ())
    out.print(f"{found.languages} languages, {found.text_bytes / 1e6:.1f} MB of text, loss {found.loss:.3f}")
    out.print(f"model  {found.path}", soft_wrap=True)


@lid_app.command("identify")
def lid_identify(text: TextArgument, model: BackendOption = "corpus", as_json: JsonOption = False) -> None:
    """Print the language of a text, its score and its script."""
    from corpus.lid.backends import open_backend

    guess = open_backend(model)(_read_text(text))
    if as_json:
        _print_json(guess._asdict())
    else:
        out.print(f"{guess.language}  {guess.score:.3f}  {guess.script}")


@lid_app.command("spans")
def lid_spans(
    text: TextArgument,
    model: Annotated[Path | None, typer.Option("--model", help="A model of ours.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the stretches of one language in a mixed text: characters, language, score."""
    from corpus.lid import spans
    from corpus.lid.model import SHIPPED

    found = spans(_read_text(text), model or SHIPPED)
    if as_json:
        _print_json([span._asdict() for span in found])
        return
    for span in found:
        out.print(f"{span.start}:{span.end}  {span.language}  {span.score:.3f}")


def _read_text(path: Path) -> str:
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}") from error
    return data.decode("utf-8", "replace")


def _print_json(value: object) -> None:
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2).decode() + "\n")


_terminations: list[int] = []


def _terminated(number: int, frame: FrameType | None) -> None:
    """SIGTERM ends a command the way Ctrl-C does: no library may take it for a failure of its own."""
    _terminations.append(number)
    raise KeyboardInterrupt


def main() -> None:
    """Entry point of the command `corpus`."""
    os_signal.signal(os_signal.SIGTERM, _terminated)
    without_pandas()
    try:
        app()
    except KeyboardInterrupt:
        _interrupted()
    except SystemExit as end:
        if end.code == _CTRL_C or (end.code and _terminations):  # Typer makes this of KeyboardInterrupt
            _interrupted()
        raise
    except Exception as error:
        if _terminations:  # it failed where it was stopped
            _interrupted()
        if isinstance(error, OSError) and error.filename is not None:
            from corpus.storage import storage_error

            error = storage_error(Path(str(error.filename)), "cannot be read or written", error)
        if not isinstance(error, CorpusError):
            raise
        err.print(f"[red]error[/] {type(error).__name__}", soft_wrap=True)
        err.print(str(error), markup=False, soft_wrap=True)
        sys.exit(error.exit_code)


def _interrupted() -> NoReturn:
    if _terminations:
        err.print("stopped; run the same command again to continue")
        sys.exit(_TERMINATED)
    err.print("interrupted; run the same command again to continue")
    sys.exit(_CTRL_C)
