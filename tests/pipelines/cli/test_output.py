from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cli import output
from pipelines.cli.output import Column, figure, plain, print_table


@pytest.mark.parametrize(
    ("value", "digits", "plus", "told"),
    [
        (1234.56, 1, False, "1,234.6"),
        (-0.04, 1, True, "0.0"),
        (0.04, 1, True, "0.0"),
        (0.06, 1, True, "+0.1"),
        (-1.5, 2, True, "-1.50"),
        (None, 1, False, "-"),
        (float("nan"), 1, False, "-"),
        (float("inf"), 1, False, "-"),
    ],
)
def test_figures(value, digits, plus, told):
    assert figure(value, digits, plus=plus) == told


def test_json_holds_no_nan_and_dates_as_text():
    held = plain({"a": float("nan"), "b": [datetime(2026, 1, 2, 3), date(2026, 1, 2)], "c": (True, None, "x", 1)})
    assert held == {"a": None, "b": ["2026-01-02T03:00:00Z", "2026-01-02"], "c": [True, None, "x", 1]}


@settings(max_examples=60)
@given(
    room=st.integers(40, 140),
    rows=st.lists(st.tuples(st.text("ab c", max_size=60), st.integers(0, 10**9), st.integers(0, 10**9)), max_size=5),
)
def test_tables_keep_to_the_width_and_never_cut_a_figure(room, rows):
    lines: list[str] = []
    columns = [Column("Name", least=8), Column("First", is_right=True), Column("Second", is_right=True, keep=2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(output, "width", lambda: room)
        patch.setattr(output.click, "secho", lambda line, **_: lines.append(line))
        hidden = print_table(columns, [[name, str(first), str(second)] for name, first, second in rows])
    assert all(len(line) <= room for line in lines)
    for line, (_, first, second) in zip(lines[2:], rows, strict=True):
        expected = [str(first)] if hidden else [str(first), str(second)]
        assert line.split()[-len(expected) :] == expected
