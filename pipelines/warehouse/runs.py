"""The name of a run: its logical date and a hash of everything its results depend on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.identity import content_hash, tree_hash

_CODE = ("pipelines", "assets", "sql", "constraints.txt")
_MADE = {".pyc", ".pyo", ".nbi", ".nbc"}
RUN_ID_HEX = 12


def code_hash(root: Path) -> str:
    """Return the SHA-256 (hex) over the code and the reference tables: pipelines, assets, sql and constraints.txt.

    Parameters
    ----------
    root : Path
        Root of the checkout; what the interpreter and the compiler write there is left out.
    """
    root = Path(root)
    files: list[str] = []
    for name in _CODE:
        place = root / name
        found = [place] if place.is_file() else sorted(place.rglob("*"))
        files += [path.relative_to(root).as_posix() for path in found if path.is_file() and not _is_made(path, root)]
    return tree_hash(root, files)


def run_identity(as_of: date, inputs: Mapping[str, str], settings: Mapping[str, Any], code: str) -> str:
    """Return the run id `YYYYMMDD-<12 hex digits>`.

    Parameters
    ----------
    as_of : date
        Logical date of the night.
    inputs : Mapping[str, str]
        Name to checksum of every input, the previous release's run id among them where history is carried.
    settings : Mapping[str, Any]
        Settings that results depend on, JSON values; leave out places, keys and limits of the machine.
    code : str
        Hash of the code.
    """
    digest = content_hash(as_of.isoformat(), dict(sorted(inputs.items())), dict(sorted(settings.items())), code)
    return f"{as_of:%Y%m%d}-{digest[:RUN_ID_HEX]}"


def _is_made(path: Path, root: Path) -> bool:
    parts = path.relative_to(root).parts
    return path.suffix in _MADE or any(part == "__pycache__" or part.startswith(".") for part in parts)
