"""The page over loopback, with any week of the year."""

from __future__ import annotations

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pipelines.errors import FirstmwError, UsageError
from pipelines.report.build import PLACE, build_page
from pipelines.report.pictures import week_hours
from pipelines.warehouse import ReleaseInfo, open_release, release_info

HOST = "127.0.0.1"


def page_of(info: ReleaseInfo) -> bytes:
    """Return the page of a release; made anew for a release that was published without one."""
    place = info.path / PLACE
    if place.is_file():
        return place.read_bytes()
    profile = str(info.manifest.get("profile", "reference"))
    header = {
        "run_id": info.run_id,
        "as_of": info.as_of.isoformat(),
        "profile": profile,
        "what_if": info.what_if,
        "part": [*info.scope.get("states", ()), *info.scope.get("regions", ())],
    }
    return build_page(info.path, header)


def make_server(data_dir: Path, port: int, wanted: str | None = None) -> ThreadingHTTPServer:
    """Return a server of a release on loopback; every request looks at what is current, or bears the name, then.

    Parameters
    ----------
    data_dir : Path
        The data folder.
    port : int
        Port, 0 for a free one.
    wanted : str | None
        Run id or name; the current release where absent.

    Returns
    -------
    ThreadingHTTPServer
        Bound; `serve_forever` runs it. `/` is the page, `/week?region=..&stack=..&week=..` the hours of a week as JSON.
    """

    class Handler(BaseHTTPRequestHandler):
        server_version = "firstmw"
        sys_version = ""

        def do_GET(self) -> None:
            # A page from elsewhere that has this address resolve to loopback still names its own host.
            name = self.headers.get("Host", "").rpartition(":")[0]
            if name not in {HOST, "localhost"}:
                self._answer(HTTPStatus.FORBIDDEN, {"error": "only loopback is served."})
                return
            target = urlsplit(self.path)
            try:
                if target.path in {"/", "/index.html"}:
                    self._send(HTTPStatus.OK, "text/html; charset=utf-8", page_of(release_info(data_dir, wanted)))
                elif target.path == "/week":
                    self._answer(HTTPStatus.OK, self._week(parse_qs(target.query)))
                else:
                    self._answer(HTTPStatus.NOT_FOUND, {"error": "there is / and /week."})
            except UsageError as error:
                self._answer(HTTPStatus.BAD_REQUEST, {"error": str(error)})
            except FirstmwError as error:
                self._answer(HTTPStatus.SERVICE_UNAVAILABLE, {"error": str(error)})

        def _week(self, query: dict[str, list[str]]) -> dict[str, Any]:
            region, stack, week = (query.get(name, [""])[0] for name in ("region", "stack", "week"))
            if not week.isdigit():
                raise UsageError(f"week {week!r} is not a number; give one from 1.")
            with open_release(data_dir, wanted) as release:
                return week_hours(release.query, region, stack, int(week))

        def _answer(self, status: HTTPStatus, payload: dict[str, Any]) -> None:
            self._send(status, "application/json", json.dumps(payload).encode())

        def _send(self, status: HTTPStatus, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: one line per request is of no use to whoever looks at the page."""

    return ThreadingHTTPServer((HOST, port), Handler)
