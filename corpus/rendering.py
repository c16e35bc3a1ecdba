"""What `explain`, `trace` and `diff` print on a terminal; `--json` prints the same facts for machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

__all__ = ["shown_difference", "shown_document"]

_ORIGIN = ("id", "source", "licence", "custodian", "url", "file", "row", "native_id", "language")
#: Stretches that were cut shown of each kind.
_PLACES = 8


def shown_document(found: Mapping[str, Any]) -> RenderableType:
    """The result of `explain` or `trace`: origin, verdict, filters, cluster, redactions, tokens, signals."""
    return Group(*_document(found))


def _document(found: Mapping[str, Any]) -> Iterator[RenderableType]:
    document, decision = found["document"], found["decision"]
    facts = {**found["source"], **document, "native_id": document["native_id"]}
    origin = {name: facts[name] for name in _ORIGIN if facts.get(name) not in (None, "")}
    if "token" in found:
        token = found["token"]
        origin = {"token": f"{token['file']}:{token['offset']}", **origin}
    yield _facts({**origin, "size": f"{document['size_bytes']} bytes, {document['characters']} characters"})

    outside = [item for item in found["filters"] if item["outside"]]
    verdict = f"{decision['verdict']}, counts as {decision['language']}"
    if found["removed_by"]:
        verdict = f"kept by the filters, {_removal(found['removed_by'])}; counts as {decision['language']}"
    if decision["error"]:
        verdict += f"; {decision['error']}"
    yield _title("verdict")
    yield Text(verdict, style="green" if found["outcome"] == "kept" else "red")

    yield _title(f"filters: outside {len(outside)} of {len(found['filters'])}")
    rows = sorted(found["filters"], key=lambda item: not item["outside"])
    table = Table("", "filter", "signal", "value", "bounds", "set by", box=None, pad_edge=False)
    for item in rows:
        mark = "[red]outside[/]" if item["outside"] else ""
        table.add_row(
            mark, item["filter"], item["signal"], _value(item["value"]), _bounds(item), item["set_by"] or ""
        )
    yield table

    if found["duplicate"]:
        duplicate = dict(found["duplicate"])
        difference = duplicate.pop("diff", ())
        yield _title("duplicate")
        yield _facts(duplicate)
        yield from (Text(f"  {line}", style=_side(line)) for line in difference)
    if found.get("cuts"):
        yield _title("cuts")
        yield _facts({kind: _stretches(spans) for kind, spans in found["cuts"].items()})
        yield from (Text(f"  {line}") for line in _places(found["cuts"]))
    if found.get("languages"):
        yield _title("languages (characters of the text as read)")
        for span in found["languages"]:
            yield Text(f"  {span['start']}–{span['end']}  {span['language']}  {span['score']:.2f}")
    if found["redactions"]:
        yield _title("redactions (bytes of the text as read)")
        for span in found["redactions"]:
            yield Text(f"  {span['kind']}  {span['start']}–{span['end']}  {span['validator'] or ''}".rstrip())

    yield _title("tokens" if found["tokens"] else "tokens: none, it is not in the result")
    for place in found["tokens"]:
        where = ", ".join(f"{name} {value}" for name, value in place.items() if name != "file")
        yield Text(f"  {place['file']}  {where}")

    yield _title("signals")
    yield _facts({name: value for name, value in found["signals"].items() if value is not None})


def _removal(kind: str) -> str:
    return (
        f"emptied by {kind} cuts" if kind in ("substring", "template") else f"removed as a duplicate ({kind})"
    )


def _stretches(spans: Sequence[Mapping[str, Any]]) -> str:
    """How many, and how many bytes."""
    size = sum(span["end"] - span["start"] for span in spans)
    return f"{len(spans)} stretches, {size} bytes" if spans else "none"


def _places(cuts: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """The first stretches: bytes of the text as read, and who keeps them."""
    for kind, spans in cuts.items():
        for span in spans[:_PLACES]:
            keeper = f"  kept in {span['other']}" if span["other"] else ""
            yield f"{kind}  {span['start']}–{span['end']}{keeper}"
        if len(spans) > _PLACES:
            yield f"{kind}  … {len(spans) - _PLACES} more"


def shown_difference(found: Mapping[str, Any]) -> RenderableType:
    """The result of `diff`: what went in and out, why, and a few samples."""
    return Group(*_difference(found))


def _difference(found: Mapping[str, Any]) -> Iterator[RenderableType]:
    a, b = found["a"], found["b"]
    yield _facts(
        {
            "A": f"{a['run']}  {a['documents']} documents  {a['root_digest'][:16]}",
            "B": f"{b['run']}  {b['documents']} documents  {b['root_digest'][:16]}",
        }
    )
    totals = found["totals"]
    yield Text(
        f"{totals['in']} documents in, {totals['out']} out, {totals['changed']} with another text, "
        f"{totals['same']} the same",
        style="bold",
    )
    for title, key in (("by cause", "by_cause"), ("by source", "by_source"), ("by language", "by_language")):
        if not found[key]:
            continue
        table = Table(title.removeprefix("by "), "in", "out", "changed", box=None, pad_edge=False)
        for name, row in found[key].items():
            table.add_row(escape(name), str(row["in"]), str(row["out"]), str(row["changed"]))
        yield _title(title)
        yield table
    for direction in ("out", "in", "changed"):
        for sample in (item for item in found["samples"] if item["direction"] == direction):
            place = f"{sample['source']}  {sample['language']}  {sample['file']}:{sample['row']}"
            yield Text(f"\n{direction}  {sample['id']}  {place}", style="bold")
            yield Text(f"  {'; '.join(sample['causes'])}", style="yellow")
            yield Text(f"  {' '.join(sample['excerpt'].split())}")


def _title(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _facts(facts: Mapping[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(str(name), Text(_value(value)))
    return table


def _value(value: Any) -> str:
    if value is None:
        return "—"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _bounds(item: Mapping[str, Any]) -> str:
    if item["equals"] is not None:
        return f"is {item['equals']}"
    low, high = item["min"], item["max"]
    if low is None and high is None:
        return "off for this language"
    if low is None:
        return f"≤ {high:g}"
    return f"≥ {low:g}" if high is None else f"{low:g} – {high:g}"


def _side(line: str) -> str:
    return {"+": "green", "-": "red", "@": "dim"}.get(line[:1], "")
