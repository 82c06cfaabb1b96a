"""A loopback server that answers as the publishers do: recorded payloads at their real paths, and their bad days.

Routes are paths; a route gives a `Reply`, or a function from the request to one. Bad days are asked for per path with
`server.disturb(path, mode)`; the modes are in `MODES`.
"""

from __future__ import annotations

import gzip
import http.server
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

MODES = (
    "429_once",  # one 429 with Retry-After, then as recorded
    "429_for_long",  # 429 with a Retry-After of a day
    "500_once",
    "500",
    "503",
    "403",
    "403_html",  # what a bot protection answers
    "404",
    "204",
    "slow",  # the first byte comes later than any timeout
    "drip",  # a few bytes now and then, for ever
    "cut",  # fewer bytes than Content-Length says
    "cut_once",
    "hang_up",  # the connection ends without an answer
    "html",  # a page of HTML with status 200
    "empty",
    "half",  # the first half of the body with a Content-Length to match: whole on the wire, cut in content
    "noise",  # bytes that are nothing
    "endless",  # longer than any limit
    "redirect",  # to /elsewhere<path>, which answers as recorded
    "redirect_loop",
    "redirect_away",  # to another host, without TLS
)
PAGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"


@dataclass(frozen=True)
class Reply:
    """One recorded answer."""

    content: bytes
    media_type: str = "application/octet-stream"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    is_gzip: bool = False


@dataclass(frozen=True)
class Asked:
    """One request that arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


Route = Reply | Callable[[str, dict[str, list[str]], bytes], Reply]


class ReplayServer:
    """The server; `url` is its address, `asked` what came in, in order."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.asked: list[Asked] = []
        self.slow_seconds = 3.0
        self._modes: dict[str, list[str]] = {}
        self._lock = threading.Lock()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(self, path: str, route: Route) -> None:
        self.routes[path] = route

    def disturb(self, path: str, *modes: str) -> None:
        """Let a path, or all paths below one that ends in `*`, answer badly; modes ending in `_once` wear off."""
        assert set(modes) <= set(MODES), modes
        with self._lock:
            self._modes[path] = list(modes)

    def calm(self) -> None:
        """End all bad days and forget what was asked."""
        with self._lock:
            self._modes.clear()
            self.asked.clear()

    def calls(self, prefix: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path.startswith(prefix)]

    def wait_for(self, calls: int) -> None:
        """Wait until so many requests have arrived: a client that gave up may be ahead of a busy server."""
        until = time.monotonic() + 20.0
        while len(self.asked) < calls and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.05)

    def mode(self, path: str) -> str:
        with self._lock:
            for name, modes in self._modes.items():
                if modes and (path == name or (name.endswith("*") and path.startswith(name[:-1]))):
                    return modes.pop(0) if modes[0].endswith("_once") else modes[0]
        return ""

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                self._serve()

            def do_POST(self) -> None:
                self._serve()

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = urlsplit(self.path)
                query = parse_qs(parts.query, keep_blank_values=True)
                path = parts.path.removeprefix("/elsewhere")
                mode = server.mode(parts.path)
                with server._lock:
                    server.asked.append(Asked(self.command, parts.path, query, dict(self.headers.items()), body))
                try:
                    self._answer(path, query, body, mode)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def _answer(  # noqa: PLR0911 - one return per bad day
                self, path: str, query: dict[str, list[str]], body: bytes, mode: str
            ) -> int:
                plain = {
                    "429_once": (429, b'{"error":"slow down"}', {"Retry-After": "1"}),
                    "429_for_long": (429, b'{"error":"quota"}', {"Retry-After": "86400"}),
                    "500_once": (500, b"oops", {}),
                    "500": (500, b"oops", {}),
                    "503": (503, b"", {}),
                    "403": (403, b'{"error":{"code":"API_KEY_INVALID","message":"An invalid api_key."}}', {}),
                    "403_html": (403, PAGE, {"Content-Type": "text/html"}),
                    "404": (404, b"not found", {}),
                    "204": (204, b"", {}),
                    "html": (200, PAGE, {"Content-Type": "text/html; charset=utf-8"}),
                    "empty": (200, b"", {}),
                    "noise": (200, bytes(range(256)) * 40, {}),
                    "redirect": (302, b"", {"Location": f"/elsewhere{self.path}"}),
                    "redirect_loop": (302, b"", {"Location": self.path}),
                    "redirect_away": (302, b"", {"Location": f"ftp://127.0.0.2{self.path}"}),
                }
                if mode in plain:
                    return self._send(*plain[mode])
                if mode == "hang_up":
                    self.close_connection = True
                    return 0
                if mode == "slow":
                    time.sleep(server.slow_seconds)
                reply = self._reply(path, query, body)
                content = gzip.compress(reply.content, mtime=0) if reply.is_gzip else reply.content
                headers = {"Content-Type": reply.media_type, "ETag": f'"{sha256(content).hexdigest()[:16]}"'}
                headers |= reply.headers | ({"Content-Encoding": "gzip"} if reply.is_gzip else {})
                if not mode and reply.status == 200 and headers["ETag"] == self.headers.get("If-None-Match"):
                    return self._send(304, b"", {"ETag": headers["ETag"]})
                if mode == "half":
                    content = content[: len(content) // 2]
                    headers.pop("ETag")
                if mode in {"cut", "cut_once"}:
                    self._send(reply.status, content[: len(content) // 2], headers, length=len(content))
                    self.close_connection = True
                    return reply.status
                if mode == "drip":
                    return self._drip(headers)
                if mode == "endless":
                    return self._endless(headers)
                return self._send(reply.status, content, headers)

            def _reply(self, path: str, query: dict[str, list[str]], body: bytes) -> Reply:
                route = server.routes.get(path)
                if route is None:
                    return Reply(b"no such path", "text/plain", 404)
                return route if isinstance(route, Reply) else route(path, query, body)

            def _send(self, status: int, content: bytes, headers: dict[str, str], length: int | None = None) -> int:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status not in {204, 304}:
                    self.send_header("Content-Length", str(len(content) if length is None else length))
                self.end_headers()
                self.wfile.write(content)
                self.wfile.flush()
                return status

            def _drip(self, headers: dict[str, str]) -> int:
                self.send_response(200)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "1000000")
                self.end_headers()
                until = time.monotonic() + 30
                while time.monotonic() < until:
                    self.wfile.write(b" ")
                    self.wfile.flush()
                    time.sleep(0.05)
                self.close_connection = True
                return 200

            def _endless(self, headers: dict[str, str]) -> int:
                self.send_response(200)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                piece = b"10000\r\n" + b"1" * 0x10000 + b"\r\n"
                while True:
                    self.wfile.write(piece)

        return Handler


@contextmanager
def serving() -> Iterator[ReplayServer]:
    """Run a server for as long as needed."""
    server = ReplayServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()
