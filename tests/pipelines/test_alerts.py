"""Mail against a real SMTP server on loopback: plain, over TLS, and refused in every way that a server refuses."""

from __future__ import annotations

import email
import email.policy
import shutil
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets.sensors import failed_runs, stale_data
from pipelines.alerts import AlertError, send
from pipelines.settings import Settings

CAUSE = "gas_prices.csv, row 7: price -5 is below 0 (Größe)"


class Server(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it is given; a reply may be set by its command."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        self.mails: list[tuple[bool, list[str], bytes]] = []
        self.replies: dict[str, str] = {}
        self.tls: ssl.SSLContext | None = None
        super().__init__(("127.0.0.1", 0), Session)

    @property
    def host(self) -> str:
        """Return name and port as the setting takes them."""
        return f"localhost:{self.server_address[1]}"


class Session(socketserver.BaseRequestHandler):
    """One client, by RFC 5321 and RFC 3207."""

    server: Server

    def handle(self) -> None:
        """Answer until the client leaves."""
        self.is_secure, to = False, []
        self._reader = self.request.makefile("rb")
        self._say(self.server.replies.get("", "220 loopback"))
        while line := self._reader.readline().decode().strip():
            verb = line.split()[0].upper()
            if verb in self.server.replies:
                self._say(self.server.replies[verb])
            elif verb == "EHLO":
                offers = self.server.tls is not None and not self.is_secure
                self._say("250-loopback\r\n250-8BITMIME\r\n250 STARTTLS" if offers else "250-loopback\r\n250 8BITMIME")
            elif verb == "STARTTLS":
                assert self.server.tls is not None
                self._say("220 go ahead")
                try:
                    self.request = self.server.tls.wrap_socket(self.request, server_side=True)
                except (ssl.SSLError, OSError):
                    return
                self._reader, self.is_secure = self.request.makefile("rb"), True
            elif verb == "RCPT":
                to.append(line.partition(":")[2].strip("<>"))
                self._say("250 ok")
            elif verb == "DATA":
                self._say("354 go on")
                lines = iter(self._reader.readline, b".\r\n")
                content = b"".join(line.removeprefix(b".") if line.startswith(b"..") else line for line in lines)
                self.server.mails.append((self.is_secure, to, content))
                self._say("250 taken")
            else:
                self._say("221 bye" if verb == "QUIT" else "250 ok")

    def finish(self) -> None:
        """Close what a change to TLS put in the place of the first socket."""
        self._reader.close()
        self.request.close()

    def _say(self, text: str) -> None:
        self.request.sendall(f"{text}\r\n".encode())


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def certificate(server: Server, tmp_path: Path) -> Path:
    """Give the server a certificate of its own for localhost, and return its file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the server's certificate, is not on this machine")
    made, key = tmp_path / "server.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(made)], check=True, capture_output=True)
    server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.tls.load_cert_chain(made, key)
    return made


def _settings(server: Server, **more: str) -> Settings:
    own = {"alert_email_to": "ops@example.org, night@example.org", "alert_email_from": "firstmw@example.org"}
    return Settings(**{**own, "alert_smtp_host": server.host, "http_timeout": 5.0, **more})


def test_a_mail_arrives_whole(server: Server) -> None:
    assert send(_settings(server), "nightly\nfailed", [CAUSE, ".", "the release before stands"]) == ["e-mail"]
    ((is_secure, to, content),) = server.mails
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert not is_secure
    assert to == ["ops@example.org", "night@example.org"]
    assert (mail["Subject"], mail["From"]) == ("firstmw: nightly failed", "firstmw@example.org")
    assert mail.get_content().splitlines() == [CAUSE, ".", "the release before stands"]


def test_a_server_that_offers_tls_is_spoken_to_over_it(
    server: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert send(_settings(server), "nightly failed", [CAUSE]) == ["e-mail"]
    assert [is_secure for is_secure, _, _ in server.mails] == [True]


def test_a_certificate_that_nobody_vouches_for_gets_no_mail(
    server: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with pytest.raises(AlertError, match=r"the e-mail did not take the message \(SSLCertVerificationError\)"):
        send(_settings(server), "nightly failed", [CAUSE])
    assert server.mails == []


@pytest.mark.parametrize(
    ("verb", "reply", "named"),
    [
        ("", "554 no service", "SMTPConnectError"),
        ("MAIL", "550 who are you", "SMTPSenderRefused"),
        ("RCPT", "550 no such user", "SMTPRecipientsRefused"),
        ("DATA", "452 no room", "SMTPDataError"),
    ],
)
def test_what_a_server_refuses_is_named(server: Server, verb: str, reply: str, named: str) -> None:
    server.replies[verb] = reply
    with pytest.raises(AlertError, match=rf"\({named}\); check the FIRSTMW_ALERT_ settings"):
        send(_settings(server), "nightly failed", [CAUSE])


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("alert_smtp_host", "localhost:1", "ConnectionRefusedError"),
        ("alert_smtp_host", "localhost:mail", "is not one"),
        ("alert_smtp_host", "localhost:99999", "is not one"),
        ("alert_email_to", "a@example.org\nBcc: b@example.org", "is not one"),
    ],
)
def test_a_wrong_setting_is_named(server: Server, setting: str, value: str, named: str) -> None:
    with pytest.raises(AlertError, match=named):
        send(_settings(server, **{setting: value}), "nightly failed", [CAUSE])
    assert server.mails == []


def test_a_night_is_not_failed_by_a_mail_server_that_is_gone(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FIRSTMW_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("FIRSTMW_ALERT_EMAIL_TO", "ops@example.org")
    monkeypatch.setenv("FIRSTMW_ALERT_SMTP_HOST", "localhost:1")

    @dg.op
    def broken() -> None:
        raise ValueError(CAUSE)

    @dg.job
    def night() -> None:
        broken()

    with dg.DagsterInstance.ephemeral() as instance:
        result = night.execute_in_process(instance=instance, raise_on_error=False)
        context = dg.build_run_status_sensor_context(
            "failed_runs", result.get_run_failure_event(), instance, result.dagster_run
        ).for_run_failure()
        failed_runs(context)
        skipped = stale_data(dg.build_sensor_context(instance=instance))
        assert "ConnectionRefusedError" in (skipped.skip_message or "")
        # Told the next time instead.
        monkeypatch.setenv("FIRSTMW_ALERT_SMTP_HOST", server.host)
        stale_data(dg.build_sensor_context(instance=instance))
        failed_runs(context)
    subjects = [email.message_from_bytes(content)["Subject"] for _, _, content in server.mails]
    assert subjects == ["firstmw: stale data", "firstmw: night failed"]
