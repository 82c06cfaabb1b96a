"""The page over loopback and charts as files, through the real commands."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pipelines.cli.main import main
from pipelines.report import PLACE
from pipelines.report.server import HOST, make_server
from pipelines.warehouse import Release


@pytest.fixture(scope="module")
def server(data_dir: Path) -> Iterator[ThreadingHTTPServer]:
    """Return the server, answering."""
    with make_server(data_dir, 0) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


def ask(server: ThreadingHTTPServer, path: str, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, server.server_port)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_the_page_is_served_as_published(server: ThreadingHTTPServer, release: Release) -> None:
    assert ask(server, "/") == (200, (release.info.path / PLACE).read_bytes())
    assert server.server_address[0] == "127.0.0.1"


def test_any_week_is_given_by_the_hour(server: ThreadingHTTPServer, release: Release) -> None:
    status, body = ask(server, "/week?region=abilene_tx&stack=solar_bess_gas&week=7")
    answer: dict[str, Any] = json.loads(body)
    expected = release.query(
        "select sum(solar_mw), min(hour_utc)::varchar from site_week('abilene_tx', 'solar_bess_gas', 7)"
    )
    assert status == 200
    assert (sum(answer["series"]["solar_mw"]), answer["start"].replace("T", " ")) == expected.row(0)
    assert len(answer["series"]["load_mw"]) == 168


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/week?region=abilene_tx&stack=gas_recip&week=99", 400, "weeks 1 to 16"),
        ("/week?region=nowhere&stack=gas_recip&week=1", 400, "not in it"),
        ("/week?region=abilene_tx&stack=gas_recip&week=x", 400, "not a number"),
        ("/week?region='; drop table stacks; --&stack=a&week=1".replace(" ", "%20"), 400, "no hours"),
        ("/../manifest.json", 404, "there is / and /week"),
    ],
)
def test_what_is_not_there_is_said(server: ThreadingHTTPServer, path: str, status: int, words: str) -> None:
    found, body = ask(server, path)
    assert found == status
    assert words in json.loads(body)["error"]


def test_a_host_of_another_name_is_refused(server: ThreadingHTTPServer) -> None:
    assert ask(server, "/", Host="rebound.example.org")[0] == 403


def plot(data_dir: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["plot", *arguments, "--data-dir", str(data_dir)], prog_name="firstmw")


@pytest.mark.parametrize(
    ("arguments", "name", "magic"),
    [
        (["abilene_tx", "--stack", "solar_bess_gas", "--week", "2"], "week.png", b"\x89PNG"),
        (["abilene_tx", "--chart", "timeline"], "timeline.svg", b"<svg"),
        (["Loudoun County", "--chart", "cost", "--stack", "grid"], "cost.pdf", b"%PDF"),
    ],
)
def test_charts_become_files(data_dir: Path, tmp_path: Path, arguments: list[str], name: str, magic: bytes) -> None:
    result = plot(data_dir, *arguments, "--out", str(tmp_path / name))
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / name).read_bytes().startswith(magic)
    assert name in result.stdout


def test_the_cost_chart_ends_at_the_published_cost(data_dir: Path, tmp_path: Path, release: Release) -> None:
    plot(data_dir, "abilene_tx", "--chart", "cost", "--stack", "grid", "--out", str(tmp_path / "cost.svg"))
    cost = release.query(
        "select lcoe_usd_per_mwh from ranked_sites where region_id = 'abilene_tx' and stack_id = 'grid'"
    ).item()
    assert f">{cost:.1f}<" in (tmp_path / "cost.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["abilene_tx", "--week", "2", "--out", "week.gif"], "end it in .png, .svg or .pdf"),
        (["abilene_tx", "--out", "week.png"], "--week N goes with the chart week"),
        (["abilene_tx", "--week", "40", "--out", "week.png"], "weeks 1 to 16"),
        (["phoenix_az", "--week", "1", "--out", "week.png"], "not in it"),
        (["abilene_tx", "--week", "1", "--stack", "gas_recipe", "--out", "week.png"], "did you mean gas_recip"),
    ],
)
def test_wrong_usage_is_one_sentence(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = plot(data_dir, *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
