"""The page and the command line round by one rule: halves away from zero, on the number as it is written."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines.cli.output import available, figure, share

# Halves of every kind: exact in binary, above and below in binary, of shares, and large ones.
VALUES = [
    0.5, 1.5, 2.5, -0.5, -2.5, 0.125, 0.375, 1.005, 2.675, 1.115, 0.285, 0.145, 0.575, 71.95, 33.549997, 33.55, 99.95,
    0.0, -0.04, 0.04, 0.05, -0.05, 1e-9, 7.665, 7.6649999, 12345.65, 999.995, 1234567.5, 1e15, 456.5, 457.5,
]  # fmt: skip
SHARES = [0.0, 1.0, 0.5, 0.285, 0.145, 0.005, 0.29, 0.99957, 0.9989996, 0.9999999, 0.999, 0.9995, 0.398, 0.4005]


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (0.125, 2, "0.13"),
        (1.005, 2, "1.01"),
        (2.5, 0, "3"),
        (-2.5, 0, "-3"),
        (-0.04, 1, "0.0"),
        (33.549997, 1, "33.5"),
        (1234567.5, 0, "1,234,568"),
        (1e300, 0, f"{10**300:,}"),
    ],
)
def test_halves_are_rounded_away_from_zero(value: float, digits: int, shown: str) -> None:
    assert figure(value, digits) == shown


def test_shares_are_scaled_in_decimals_and_an_availability_is_never_shown_as_more_than_it_is() -> None:
    assert [share(value, 0) for value in (0.285, 0.145)] == ["29 %", "15 %"]
    assert [available(value) for value in (0.9989996, 0.29, 0.99957, 0.999)] == ["99.899", "29.000", "99.957", "99.900"]


def test_the_page_shows_what_the_command_line_shows(repository: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on this machine to run the functions of the page")
    program = (repository / "pipelines" / "report" / "page" / "base.js").read_text(encoding="utf-8")
    functions = program[program.index("const known =") : program.index("const plural =")]
    asked = json.dumps({"values": VALUES, "shares": SHARES})
    ask = f"""
    const asked = {asked};
    const every = (values, show) => values.map((value) => show(value).replace("\u2212", "-"));
    console.log(JSON.stringify([
      ...[0, 1, 2, 3].map((digits) => every(asked.values, (value) => number(value, digits))),
      every(asked.values.map((value) => value * 1e6), millions),
      every(asked.values, (value) => signed(value, 1)),
      every(asked.shares, percent), every(asked.shares, (value) => percent(value, 1)), every(asked.shares, available),
    ]));
    """
    done = subprocess.run([node, "-e", functions + ask], capture_output=True, text=True, check=True)
    expected = [
        *([figure(value, digits) for value in VALUES] for digits in range(4)),
        [figure(value * 1e6 / 1e6, 2) for value in VALUES],
        [figure(value, 1, plus=True) for value in VALUES],
        [share(value, 0) for value in SHARES],
        [share(value, 1) for value in SHARES],
        [f"{available(value)} %" for value in SHARES],
    ]
    assert json.loads(done.stdout) == expected
