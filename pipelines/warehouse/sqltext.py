"""Names and values as they can stand in SQL, and a database's error as one line."""

from __future__ import annotations

import re
from pathlib import Path

_TABLE = re.compile(r"\b(?:from|join)\s+((?:raw|core|sim|mart)\.[a-z_]+)", re.IGNORECASE)


def literal(text: str) -> str:
    """Return text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or its class where it has none."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def statement(file: Path) -> str:
    """Return the statement of an SQL file without its last semicolon."""
    return file.read_text(encoding="utf-8").strip().rstrip(";")


def header(file: Path) -> str:
    """Return the comment lines at the top of an SQL file as running text."""
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("--"):
            break
        lines.append(re.sub(r"^-+\s*", "", line).strip())
    return " ".join(line for line in lines if line)


def made_table(file: Path) -> str:
    """Return the table that an SQL file makes: its folder is the schema, its name the table."""
    return f"{file.parent.name}.{file.stem}"


def upstream_tables(file: Path) -> list[str]:
    """Return the tables that a statement reads, by the names after FROM and JOIN, comments left out."""
    own = re.sub(r"--[^\n]*", "", file.read_text(encoding="utf-8"))
    return sorted({name.lower() for name in _TABLE.findall(own)})
