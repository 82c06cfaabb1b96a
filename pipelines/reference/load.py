"""Reading of the reference tables: CSV text to contract-checked frames, every fault named with its place."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipelines.contracts import reference as contracts
from pipelines.contracts.base import REGISTRY, TableInfo, validate
from pipelines.errors import InputError, UsageError
from pipelines.reference.side_table import need_columns, read_text

_TABLES = (
    "candidate_markets",
    "carbon_prices",
    "carbon_rules",
    "climate_stations",
    "climatology_monthly",
    "data_centre_load",
    "emission_factors",
    "equipment_lead_times",
    "fact_definitions",
    "gas_hub_rules",
    "gas_hubs",
    "gas_prices",
    "grid_reliability",
    "henry_hub_path",
    "industrial_capacity",
    "large_load_tariffs",
    "large_load_territories",
    "local_stops",
    "locational_multipliers",
    "place_heights",
    "policy",
    "power_prices",
    "price_projections",
    "queue_statistics",
    "sources",
    "state_rules",
    "tax_rules",
    "technology",
    "temperature_outage",
)
_BOOLEANS = {"true": True, "false": False}
_KINDS: dict[type[pl.DataType], str] = {
    pl.Float64: "a number",
    pl.Int64: "a whole number",
    pl.Boolean: "true or false",
    pl.Date: "a date YYYY-MM-DD",
}


def reference_tables() -> list[str]:
    """Return the names of the reference tables; each is `<name>.csv` and keeps the contract `core.<name>`."""
    return list(_TABLES)


def load_reference(name: str, directory: Path) -> pl.DataFrame:
    """Return one reference table, typed and checked against its contract.

    Parameters
    ----------
    name : str
        Table name, one of `reference_tables()`.
    directory : Path
        Folder that holds `<name>.csv` (UTF-8, comma-separated, one header row, empty = unknown).

    Returns
    -------
    pl.DataFrame
        Contract `core.<name>`, rows in file order.

    Raises
    ------
    UsageError
        If there is no such table.
    InputError
        If the file or a column is missing, or a row cannot be read or breaks a rule; names file, row, column, value.
    """
    if name not in _TABLES:
        raise UsageError(f"there is no reference table {name!r}; the tables are {', '.join(_TABLES)}.")
    path = Path(directory) / f"{name}.csv"
    info = REGISTRY[f"core.{name}"]
    text = read_text(
        path,
        problem="the reference table is missing",
        remedy="restore the file or point FIRSTMW_REFERENCE_DIR at the folder that has it",
    )
    frame = _typed(text, info, str(path))
    _check_key(frame, info, str(path))
    _check_row_rules(frame, info, str(path))
    return validate(frame, info.name, file=str(path))


def _typed(text: pl.DataFrame, info: TableInfo, file: str) -> pl.DataFrame:
    """Cast the contract's columns from text; the first cell that does not parse is named."""
    described = info.schema.columns()
    need_columns(text, list(described), file, remedy="add the column and run again")
    columns = []
    for column, description in described.items():
        raw = text[column].str.strip_chars()
        kind = description.dtype
        empty = raw.is_null().arg_true()
        if len(empty) and not description.nullable:
            raise InputError(
                "the cell is empty", file=file, row=int(empty[0]) + 2, column=column, remedy="fill it and run again"
            )
        if kind == pl.Boolean:
            cast = raw.str.to_lowercase().replace_strict(_BOOLEANS, default=None, return_dtype=pl.Boolean)
        elif kind == pl.Date:
            cast = raw.str.to_date("%Y-%m-%d", strict=False)
        else:
            cast = raw.cast(kind, strict=False)
        unread = (cast.is_null() & raw.is_not_null()).arg_true()
        if len(unread):
            row = int(unread[0])
            wanted = _KINDS.get(kind.base_type(), str(kind))
            raise InputError(f"value {raw[row]!r} is not {wanted}", file=file, row=row + 2, column=column)
        columns.append(cast.alias(column))
    return pl.DataFrame(columns)


def _check_key(frame: pl.DataFrame, info: TableInfo, file: str) -> None:
    """Name the second of two rows with the same key."""
    repeated = frame.select(~pl.struct(info.key).is_first_distinct()).to_series().arg_true()
    if len(repeated):
        row = int(repeated[0])
        key = frame.row(row, named=True)
        shown = ", ".join(f"{column}={key[column]!r}" for column in info.key)
        raise InputError(
            f"the row repeats the key {shown}",
            file=file,
            row=row + 2,
            column=info.key[0],
            remedy="remove one of the two rows",
        )


def _check_row_rules(frame: pl.DataFrame, info: TableInfo, file: str) -> None:
    """Name column and value of the first row that breaks a rule over several columns."""
    for rule in contracts.ROW_RULES.get(info.name, []):
        broken = frame.select(~rule.is_kept.fill_null(value=True)).to_series().arg_true()
        if len(broken):
            row = int(broken[0])
            value = frame[rule.column][row]
            raise InputError(f"value {value!r}: {rule.problem}", file=file, row=row + 2, column=rule.column)
