"""The dashboard: the report of a run, and every document behind it, on a web server on this machine alone."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from corpus.errors import CorpusError, StorageError
from corpus.languages import is_code
from corpus.pii.kinds import PLACEHOLDERS
from corpus.report.browse import Browser
from corpus.report.candidates import ranked
from corpus.report.desk import Desk, find_project
from corpus.report.pages import environment, signal_cards, static_file

__all__ = ["application", "serve"]

#: Nothing but the one style sheet and own forms; no script, no frame, no other machine. Without a referrer a
#: browser would not say where a form comes from either, so it goes to the dashboard itself.
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
#: Other names would let a web page reach the dashboard through a name of its own (DNS rebinding).
_HOSTS = ["127.0.0.1", "localhost"]
_PLACEHOLDER = re.compile("|".join(re.escape(tag) for tag in PLACEHOLDERS))
#: Samples of each sort on a page.
_SHOWN = 12

Page = Callable[[Browser, Request], Response]
#: A page with forms, and what is sent from it.
DeskPage = Callable[[Browser, Desk, Request], Response]
Sent = Callable[[Browser, Desk, Request, Mapping[str, Sequence[str]]], Response]


def _say(address: str) -> None:
    sys.stderr.write(f"dashboard at {address} until Ctrl-C\n")


def serve(
    run: str | Path,
    host: str = "127.0.0.1",
    port: int = 8765,
    ready: Callable[[str], object] = _say,
    project: Path | None = None,
) -> None:
    """Serve the dashboard of build/<name> until interrupted; `ready` is told where; port 0 is any free one.

    Reviews are written into the folder `project`, or the one it was started in where that is the project's.
    Raises StorageError where the run is unfinished or the port is taken, CorpusError where `host` is not a
    loopback address: texts of the corpus are shown without any log-in.
    """
    import uvicorn

    if host != "localhost" and not _is_loopback(host):
        raise CorpusError(f"'{host}' is not this machine alone; the dashboard listens on 127.0.0.1 only")
    app = application(run, project)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise StorageError(
            f"{host}:{port} cannot be used: {error.strerror}; choose another --port"
        ) from error
    name = f"[{host}]" if ":" in host else host
    ready(f"http://{name}:{listener.getsockname()[1]}/")
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
    uvicorn.Server(config).run(sockets=[listener])


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def application(run: str | Path, project: Path | None = None) -> Starlette:
    """The web application of a finished run; raises StorageError where there is none or it has no report."""
    browser = Browser(run)
    desk = Desk(project or find_project(browser.report()["name"]))

    def route(path: str, page: Page) -> Route:
        def endpoint(request: Request) -> Response:
            return page(browser, request)

        return Route(path, endpoint, methods=["GET"])

    def desk_route(path: str, page: DeskPage) -> Route:
        return route(path, lambda browser, request: page(browser, desk, request))

    def sent_route(path: str, page: Sent) -> Route:
        async def endpoint(request: Request) -> Response:
            fields = await desk.form(request)
            return await run_in_threadpool(page, browser, desk, request, fields)

        return Route(path, endpoint, methods=["POST"])

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        browser.close()

    return Starlette(
        lifespan=lifespan,
        routes=[
            route("/", _overview),
            route("/filters", _filters),
            route("/duplicates", _duplicates),
            route("/confusion", _confusion),
            route("/source/{name:path}", _source),
            route("/language/{code}", _language),
            desk_route("/adult", _adult),
            desk_route("/adult/words/{code}", _words),
            sent_route("/adult/words/{code}", _words_sent),
            sent_route("/document/{id}/review", _review_sent),
            desk_route("/document/{id}", _document),
            route("/cluster/{id}", _cluster),
            route("/static/report.css", _style),
        ],
        middleware=[
            Middleware(_Headers),
            Middleware(TrustedHostMiddleware, allowed_hosts=[*_HOSTS, "[::1]"]),
        ],
        exception_handlers={HTTPException: _error, StorageError: _unavailable},  # type: ignore[dict-item]
    )


class _Headers:
    """Adds the security headers to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self.app(scope, receive, with_headers)


def _link(kind: str, name: str) -> str:
    return f"/{kind}/{quote(name, safe='')}"


def marked(text: str) -> Markup:
    """The text, escaped, with placeholders of personal data marked."""
    parts, end = [], 0
    for match in _PLACEHOLDER.finditer(text):
        parts += [escape(text[end : match.start()]), Markup("<mark>{}</mark>").format(match.group())]
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


def _render(browser: Browser, template: str, page: str, **values: Any) -> HTMLResponse:
    return HTMLResponse(
        environment()
        .get_template(template)
        .render(
            report=browser.report(),
            page=page,
            link=_link,
            is_static=False,
            marked=marked,
            is_code=is_code,
            **values,
        )
    )


def _overview(browser: Browser, request: Request) -> Response:
    return _render(browser, "home.html", "overview")


def _filters(browser: Browser, request: Request) -> Response:
    return _render(browser, "filters.html", "filters")


def _duplicates(browser: Browser, request: Request) -> Response:
    return _render(browser, "duplicates.html", "duplicates", samples=browser.samples("duplicate", _SHOWN))


def _confusion(browser: Browser, request: Request) -> Response:
    return _render(browser, "confusion.html", "confusion", samples=browser.moved_samples(2 * _SHOWN))


def _source(browser: Browser, request: Request) -> Response:
    name = request.path_params["name"]
    report = browser.report()
    if name not in report["sources"]:
        raise HTTPException(404, f"The run has no source '{name}'.")
    language = request.query_params.get("language", "")
    cards = signal_cards(report, name, browser.distributions(name))
    return _render(
        browser,
        "source.html",
        "source",
        name=name,
        entry=report["sources"][name],
        chosen=language,
        filtered=[card for card in cards if card["bounds"] and card["row"]["counts"]],
        unfiltered=[card for card in cards if not card["bounds"] and card["row"]["counts"]],
        without=[card["signal"] for card in cards if not card["row"]["counts"]],
        samples={
            sort: browser.samples(sort, _SHOWN, name, language)
            for sort in ("kept", "dropped", "quarantined", "duplicate")
        },
        near=browser.near(name),
        edits=browser.edits(name, _SHOWN),
    )


def _language(browser: Browser, request: Request) -> Response:
    code = request.path_params["code"]
    report = browser.report()
    if code not in report["languages"]:
        raise HTTPException(404, f"The run has no document in '{code}'.")
    return _render(
        browser,
        "language.html",
        "language",
        code=code,
        entry=report["languages"][code],
        sources={
            name: {**entry["languages"][code], "unavailable": ""}
            for name, entry in report["sources"].items()
            if code in entry["languages"]
        },
        samples={
            sort: browser.samples(sort, _SHOWN, language=code)
            for sort in ("kept", "dropped", "quarantined", "duplicate")
        },
    )


def _document(browser: Browser, desk: Desk, request: Request) -> Response:
    identifier = request.path_params["id"]
    found = browser.document(identifier)
    if found is None:
        raise HTTPException(404, f"The run has no document '{identifier}'.")
    entries = [item for item in desk.reviews().documents if item.id == identifier]
    return _render(
        browser, "document.html", "document", document=found, review=entries[-1] if entries else None,
        token=desk.token, can_write=desk.folder is not None,
    )  # fmt: skip


def _review_sent(
    browser: Browser, desk: Desk, request: Request, fields: Mapping[str, Sequence[str]]
) -> Response:
    identifier = request.path_params["id"]
    found = browser.document(identifier)
    if found is None:
        raise HTTPException(404, f"The run has no document '{identifier}'.")
    desk.document(fields, identifier, found["source"])
    return RedirectResponse(f"/document/{identifier}#review", 303)


def _adult(browser: Browser, desk: Desk, request: Request) -> Response:
    if not browser.report()["adult"]:
        raise HTTPException(404, "The run has not measured adult content.")
    reviews = desk.reviews()
    taken = [
        row
        for sort in ("dropped", "quarantined")
        for row in browser.samples(sort, 1000)
        if any(name in browser.adult_filters() for name in row["reasons"])
    ]
    return _render(
        browser, "adult.html", "adult", accepted=reviews.accepted(), reviewed=reviews.documents[::-1],
        samples=taken[:_SHOWN],
    )  # fmt: skip


def _language_code(browser: Browser, request: Request) -> str:
    code: str = request.path_params["code"]
    if not browser.report()["adult"] or code not in browser.report()["adult"]["languages"]:
        raise HTTPException(404, f"The run has measured adult content on no document in '{code}'.")
    return code


def _words(browser: Browser, desk: Desk, request: Request) -> Response:
    code = _language_code(browser, request)
    decided = desk.reviews().decided(code)
    marked, others, found = ranked(browser.shards(), code)
    return _render(
        browser, "words.html", "adult", code=code, decided=decided, marked_documents=marked,
        other_documents=others, found=[item for item in found if item.word not in decided],
        token=desk.token, can_write=desk.folder is not None,
    )  # fmt: skip


def _words_sent(
    browser: Browser, desk: Desk, request: Request, fields: Mapping[str, Sequence[str]]
) -> Response:
    code = _language_code(browser, request)
    _, _, found = ranked(browser.shards(), code)
    desk.words(fields, code, [item.word for item in found])
    return RedirectResponse(f"/adult/words/{code}", 303)


def _cluster(browser: Browser, request: Request) -> Response:
    identifier = request.path_params["id"]
    members = browser.cluster(identifier)
    if not members:
        raise HTTPException(404, f"The document '{identifier}' has no duplicate.")
    documents = [browser.document(member["id"]) for member in members]
    return _render(browser, "cluster.html", "duplicates", members=list(zip(members, documents, strict=True)))


def _style(browser: Browser, request: Request) -> Response:
    return Response(static_file("report.css"), media_type="text/css")


def _problem(status: int, title: str, detail: str) -> HTMLResponse:
    template = environment().get_template("error.html")
    return HTMLResponse(template.render(title=title, detail=detail), status_code=status)


async def _error(request: Request, error: HTTPException) -> Response:
    title = "Not found" if error.status_code == 404 else "Not possible"
    return _problem(error.status_code, title, error.detail)


async def _unavailable(request: Request, error: StorageError) -> Response:
    return _problem(503, "The run is not finished", str(error))
