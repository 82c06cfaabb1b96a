"""What the first bytes of an answer must look like, before anything is parsed."""

from __future__ import annotations

from pipelines.sources.base import Request, SourceBroken

_HEAD = 1024
_ZIP = b"PK"
_XLS = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x09\x08")
_MARKUP = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<?xml")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def check_body(request: Request, content: bytes) -> None:
    """Raise where the bytes cannot be what was asked for.

    A page of HTML with status 200 is the usual answer of a bot protection, a moved service or a login.

    Raises
    ------
    SourceBroken
        Names the source, what was expected and what came.
    """
    head = content[:_HEAD]
    for mark in _MARKS:
        head = head.removeprefix(mark)
    head = head.lstrip()
    if not head:
        raise SourceBroken(f"{request.source_id}: the answer for {request.key!r} is empty; ask again later.")
    found = _kind(head)
    if not _fits(request.expects, found, head):
        raise SourceBroken(
            f"{request.source_id}: the answer for {request.key!r} is {found}, expected {request.expects}; "
            "open the address in a browser to see what the publisher has changed."
        )


def _kind(head: bytes) -> str:
    if head.startswith(_ZIP):
        return "a zip archive or xlsx workbook"
    if head.startswith(_XLS):
        return "an xls workbook"
    if head.lower().startswith(_MARKUP):
        return "a page of markup"
    if head[:1] in {b"{", b"["}:
        return "json"
    return "bytes that are no text" if b"\x00" in head else "text"


def _fits(expects: str, found: str, head: bytes) -> bool:
    if expects == "json":
        return found == "json"
    if expects in {"xlsx", "zip"}:
        return head.startswith(_ZIP)
    if expects == "xls":
        return head.startswith(_XLS)
    # A JSON object where a table was asked for is the way several services put an error.
    return found == "text" or (expects == "text" and found == "json")
