"""Tables kept beside the code: a fault of the file is named, whoever reads it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.economics import fuel_service_table
from pipelines.errors import InputError
from pipelines.portfolio import events, strategies
from pipelines.ranking import scenarios
from pipelines.reference.side_table import read_side_table
from pipelines.reliability import gas_basins
from pipelines.settings import SCENARIOS_FILE
from pipelines.timeline import durations, indicators, lead_time_backtest

READERS = {
    durations.DURATIONS_FILE: durations.read_choices,
    indicators.CLASSES_FILE: indicators.read_classes,
    lead_time_backtest.EDITIONS_FILE: lead_time_backtest.read_editions,
    gas_basins.BASINS_FILE: gas_basins.read_basins,
    gas_basins.FREEZES_FILE: gas_basins.read_freezes,
    fuel_service_table.SERVICES_FILE: fuel_service_table.read_services,
    strategies.STRATEGIES_FILE: strategies.read_strategies,
    events.EVENTS_FILE: events.read_events,
    SCENARIOS_FILE: scenarios.read_scenarios,
}


@pytest.mark.parametrize(("shipped", "read"), READERS.items(), ids=lambda value: getattr(value, "stem", ""))
def test_a_missing_file_and_a_missing_column_are_named(
    tmp_path: Path, shipped: Path, read: Callable[[Path], object]
) -> None:
    path = tmp_path / "table.csv"
    with pytest.raises(InputError, match=r"table\.csv: the file is missing; restore it"):
        read(path)
    text = shipped.read_text(encoding="utf-8")
    column = text.split(",", 1)[0]
    path.write_text(text.replace(column, "another", 1), encoding="utf-8")
    with pytest.raises(InputError, match=rf"table\.csv, row 1, column {column}: the column is missing"):
        read(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="no readable CSV table"):
        read(path)


def test_cells_are_text_and_empty_ones_are_empty_text(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text('a,b,more\n001,,x\n"",2.50,\n', encoding="utf-8")
    assert read_side_table(path, ("a", "b")).rows() == [("001", "", "x"), ("", "2.50", "")]
