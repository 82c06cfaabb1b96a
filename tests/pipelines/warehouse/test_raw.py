"""Fetched bytes are kept once, untouched, and the ledger tells of every fetch without secrets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path

import pytest

from pipelines.contracts.base import validate
from pipelines.errors import WarehouseError
from pipelines.warehouse import RawStore
from pipelines.warehouse.raw import redact_url

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_bytes_come_back_and_equal_bytes_are_kept_once(data_dir: Path) -> None:
    store = RawStore(data_dir)
    first = store.put("eia_gas", b"\x00\xffprices", url="https://api.eia.gov/v2/x", retrieved_at_utc=NOON)
    store.put("eia_gas", b"\x00\xffprices", url="https://api.eia.gov/v2/x", retrieved_at_utc=NOON + timedelta(days=1))
    digest = sha256(b"\x00\xffprices").hexdigest()
    assert first.sha256 == digest
    assert store.path(digest) == data_dir / "raw" / digest[:2] / digest
    assert RawStore(data_dir).get(digest) == b"\x00\xffprices"
    assert len([path for path in (data_dir / "raw").rglob("*") if path.is_file()]) == 2
    ledger = validate(store.ledger(), "raw.ledger")
    assert ledger.height == 2
    assert ledger["retrieved_at_utc"].to_list() == [datetime(2026, 7, 1, 12), datetime(2026, 7, 2, 12)]


def test_the_same_fetch_told_twice_is_one_row_and_zones_become_utc(data_dir: Path) -> None:
    store = RawStore(data_dir)
    local = datetime(2026, 7, 1, 7, tzinfo=timezone(timedelta(hours=-5)))
    for moment in (NOON, local, NOON.replace(tzinfo=None)):
        store.put("a", b"x", url="file.csv", retrieved_at_utc=moment)
    assert store.ledger().height == 1


def test_the_last_good_fetch_passes_over_failures(data_dir: Path) -> None:
    store = RawStore(data_dir)
    good = store.put("a", b"good", url="https://a.org", retrieved_at_utc=NOON, etag='"v1"')
    store.put("a", b"sorry", url="https://a.org", retrieved_at_utc=NOON + timedelta(hours=1), status=503)
    store.put("b", b"other", url="https://b.org", retrieved_at_utc=NOON + timedelta(hours=2))
    assert store.latest("a") == good
    assert store.latest("c") is None


def test_damaged_bytes_are_refused_and_repaired_by_the_next_fetch(data_dir: Path) -> None:
    store = RawStore(data_dir)
    row = store.put("a", b"prices", url="https://a.org", retrieved_at_utc=NOON)
    store.path(row.sha256).write_bytes(b"price")
    with pytest.raises(WarehouseError, match="no longer match their name"):
        store.get(row.sha256)
    store.put("a", b"prices", url="https://a.org", retrieved_at_utc=NOON)
    assert store.get(row.sha256) == b"prices"
    with pytest.raises(WarehouseError, match="not there"):
        store.get("0" * 64)


def test_a_ledger_line_cut_short_by_a_crash_costs_that_line_only(data_dir: Path) -> None:
    store = RawStore(data_dir)
    for hour in range(2):
        store.put("a", b"%d" % hour, url="https://a.org", retrieved_at_utc=NOON + timedelta(hours=hour))
    content = store.ledger_path.read_bytes()
    store.ledger_path.write_bytes(content[:-25])
    assert len(store.rows()) == 1
    store.put("a", b"2", url="https://a.org", retrieved_at_utc=NOON + timedelta(hours=2))
    assert [row.retrieved_at_utc.hour for row in store.rows()] == [12, 14]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (
            "https://api.eia.gov/v2/n?api_key=SECRET&frequency=monthly",
            "https://api.eia.gov/v2/n?api_key=***&frequency=monthly",
        ),
        ("https://me:SECRET@host.org:8443/a/b", "https://host.org:8443/a/b"),
        (
            "https://host.org/a?X-Amz-Signature=SECRET&token=SECRET&lat=31.9",
            "https://host.org/a?X-Amz-Signature=***&token=***&lat=31.9",
        ),
        ("https://host.org/a?email=SECRET@x.org#access_token=SECRET", "https://host.org/a?email=***"),
        ("reference/technology.csv", "reference/technology.csv"),
    ],
)
def test_keys_never_reach_the_disk(data_dir: Path, url: str, kept: str) -> None:
    assert redact_url(url) == kept
    store = RawStore(data_dir)
    store.put("a", b"x", url=url, retrieved_at_utc=NOON)
    assert b"SECRET" not in store.ledger_path.read_bytes()
