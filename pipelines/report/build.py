"""The page: one file with everything in it, made from the Parquet files of a release."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.report.encode import encode_bytes, encode_payload
from pipelines.report.gather import gather
from pipelines.report.outlines import state_outlines
from pipelines.report.weeks import Keep, encode_hours

PLACE = "report/index.html"
_HERE = Path(__file__).parent
SCRIPTS = ("base", "charts", "overview", "ranking", "tradeoffs", "site", "week", "portfolio", "inputs", "main")


def build_page(release: Path, header: Mapping[str, Any], keep: Keep | None = None) -> bytes:
    """Return the page of a release: the same release and code, the same bytes.

    Parameters
    ----------
    release : Path
        Folder of the release, built or being built, with its Parquet files.
    header : Mapping[str, Any]
        What the page says about the release: run_id, as_of, profile, what_if, part.
    keep : Keep | None
        Keeps the parts that change seldom (chart library, hours) by what they depend on, as `Cache.frame` does.

    Returns
    -------
    bytes
        UTF-8 HTML that asks for nothing: no address is fetched, and its policy forbids it.
    """
    folder = release / "parquet"
    index, hours = encode_hours(folder, keep)
    payload = {**gather(folder, header), "hours": index, "outlines": state_outlines(), "specs": chart_specs()}
    library = _library(keep)
    program = "\n".join((_HERE / "page" / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    program = f'"use strict";\n(() => {{\n{program}\n}})();\n'
    parts = {
        "title": html.escape(f"firstmw {header['as_of']}"),
        "policy": _policy(library, program),
        "style": (_HERE / "page" / "page.css").read_text(encoding="utf-8"),
        "library": library,
        "payload": encode_payload(payload),
        "hours": encode_bytes(hours),
        "program": program,
    }
    template = (_HERE / "page" / "template.html").read_text(encoding="utf-8")
    pieces = template.split("%%")
    return "".join(parts[piece] if place % 2 else piece for place, piece in enumerate(pieces)).encode()


def chart_specs() -> dict[str, Any]:
    """Return the Vega-Lite specifications by name; each takes its rows from the data set `rows`."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((_HERE / "specs").glob("*.json"))}


def _library(keep: Keep | None) -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script that names nothing of the page's own."""

    def compute() -> pl.DataFrame:
        import vl_convert  # noqa: PLC0415 - 60 MB that only the first night needs

        text = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
        # The bundle is a module; the braces keep its names to itself.
        return pl.DataFrame({"text": ["{" + text.replace("</script", "<\\/script") + "}"]})

    key = {"vl_convert": metadata.version("vl-convert-python"), "form": 2}
    frame = keep("report_library", key, compute)[0] if keep else compute()
    return str(frame["text"].item())


def _policy(*scripts: str) -> str:
    """Return a content security policy under which these scripts run, and nothing else does or is fetched."""
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii") for script in scripts]
    sources = " ".join(f"'sha256-{digest}'" for digest in hashes)
    return (
        f"default-src 'none'; script-src {sources}; style-src 'unsafe-inline'; img-src data: blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'"
    )
