"""Telling people that a night failed or grew stale: a webhook and mail, both optional, neither ever in the way."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import requests

from pipelines.errors import FirstmwError
from pipelines.settings import Settings

_LONGEST = 2800
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class AlertError(FirstmwError):
    """A message could not be delivered; names the channel, never its address."""


def message(title: str, lines: Sequence[str]) -> dict[str, str]:
    """Return a message as Slack-compatible JSON: one field `text`, its marks escaped."""
    text = "\n".join([f"*{title}*", *lines])[:_LONGEST]
    for mark, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(mark, escaped)
    return {"text": text}


def send(settings: Settings, title: str, lines: Sequence[str]) -> list[str]:
    """Send a message over every channel that is set up; return the names of those that took it.

    Parameters
    ----------
    settings : Settings
        The `alert_...` settings; without any of them nothing is sent.
    title : str
        What happened, in a few words.
    lines : Sequence[str]
        What a reader needs to act on it.

    Raises
    ------
    AlertError
        If a channel that is set up refuses the message; the others were tried before.
    """
    sent, refused = [], []
    channels = [("webhook", settings.alert_webhook_url, _post), ("e-mail", settings.alert_email_to, _mail)]
    for name, is_set, deliver in channels:
        if not is_set:
            continue
        try:
            deliver(settings, title, lines)
            sent.append(name)
        except (requests.RequestException, smtplib.SMTPException, OSError, AlertError) as error:
            # The text of a request's error carries the address, which is a secret.
            told = str(error) if isinstance(error, AlertError) else type(error).__name__
            refused.append(f"the {name} did not take the message ({told})")
    if refused:
        raise AlertError(f"{'; '.join(refused)}; check the FIRSTMW_ALERT_ settings.")
    return sent


def staleness(manifest: Mapping[str, Any] | None, now: datetime, settings: Settings) -> list[str]:
    """Return why what readers see is stale: its age, or its inputs; empty where it is fresh.

    Parameters
    ----------
    manifest : Mapping[str, Any] | None
        Manifest of the current release, None where there is none.
    now : datetime
        UTC without a zone.
    settings : Settings
        `alert_stale_hours`.
    """
    if manifest is None:
        return ["there is no release"]
    told = []
    age = now - datetime.fromisoformat(manifest["published_at_utc"])
    if age > timedelta(hours=settings.alert_stale_hours):
        told.append(f"release {manifest['run_id']} was published {age.total_seconds() / 3600:.0f} hours ago")
    if manifest.get("is_stale"):
        told.append(f"release {manifest['run_id']} rests on stale inputs; see `firstmw status`")
    return told


def _post(settings: Settings, title: str, lines: Sequence[str]) -> None:
    assert settings.alert_webhook_url is not None
    url = settings.alert_webhook_url.get_secret_value()
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise AlertError("its address is not https")
    answer = requests.post(url, json=message(title, lines), timeout=settings.http_timeout, allow_redirects=False)
    if answer.status_code >= 300:
        raise AlertError(f"status {answer.status_code}")


def _mail(settings: Settings, title: str, lines: Sequence[str]) -> None:
    mail = EmailMessage()
    try:
        mail["Subject"] = f"firstmw: {' '.join(title.split())}"
        mail["From"] = settings.alert_email_from or settings.alert_email_to.split(",")[0].strip()
        mail["To"] = settings.alert_email_to
        server_at = urlsplit(f"//{settings.alert_smtp_host}")
        host, port = server_at.hostname or "", server_at.port or 25
    except ValueError as error:
        raise AlertError("an address or the name of the mail server is not one") from error
    mail.set_content("\n".join(lines) + "\n")
    with smtplib.SMTP(host, port, timeout=settings.http_timeout) as server:
        # What it offers is known once it is greeted.
        server.ehlo_or_helo_if_needed()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
        server.send_message(mail)
