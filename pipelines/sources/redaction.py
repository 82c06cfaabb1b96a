"""Keeps keys out of everything that is written: addresses, sentences, log records and stored answers."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

STRUCK_OUT = "***"
# Shorter strings occur in ordinary data by chance; no service gives out keys of this length.
_SHORTEST_IN_CONTENT = 8
_CHATTY = ("urllib3.connectionpool", "urllib3.util.retry", "requests")
# A parameter whose name speaks of a secret loses its value even where the value itself is not known.
_PARAMETER = re.compile(
    r"(?i)([?&;\s\"'](?:[\w.-]*(?:key|token|secret|password|signature|email)[\w.-]*|sig|auth\w*)=)[^&\s\"'#]+"
)


class Redactor:
    """Strikes known secrets out of text and bytes.

    Parameters
    ----------
    secrets : Iterable[str]
        Values of keys; empty ones are left out.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {secret for secret in secrets if secret}
        spelt = known | {quote(secret, safe="") for secret in known} | {quote_plus(secret) for secret in known}
        # Longest first, so that no remainder of one spelling stays behind.
        self._values = sorted(spelt, key=lambda value: (-len(value), value))

    def text(self, text: str) -> str:
        """Return the text without secrets and without the values of parameters that are named like one."""
        for value in self._values:
            text = text.replace(value, STRUCK_OUT)
        return _PARAMETER.sub(rf"\g<1>{STRUCK_OUT}", text)

    def content(self, content: bytes) -> bytes:
        """Return an answer without secrets: some services send the request back with its key."""
        for value in self._values:
            if len(value) >= _SHORTEST_IN_CONTENT:
                content = content.replace(value.encode(), STRUCK_OUT.encode())
        return content


class _RedactingFilter(logging.Filter):
    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self.redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self.redactor.text(record.getMessage()), ()
        record.exc_info = record.exc_text = None
        return True


class quiet_transport:
    """While open, the log records of the transport libraries pass through a redactor."""

    def __init__(self, redactor: Redactor) -> None:
        self._filter = _RedactingFilter(redactor)

    def __enter__(self) -> None:
        """Put the filter on the loggers that write addresses."""
        for name in _CHATTY:
            logging.getLogger(name).addFilter(self._filter)

    def __exit__(self, *_: object) -> None:
        """Take it off again."""
        for name in _CHATTY:
            logging.getLogger(name).removeFilter(self._filter)
