"""raw.ledger: every input of the night, stored by its checksum."""

from __future__ import annotations

from assets.night import Night
from assets.table_asset import Made, table_asset
from pipelines.reference.load import reference_tables


@table_asset("raw.ledger", deps=["raw.fetches"], kinds={"file"})
def ledger(night: Night) -> Made:
    """Keep the bytes of the reference tables and of the weather files."""
    settings = night.settings
    files = {f"reference/{name}": settings.reference_dir / f"{name}.csv" for name in reference_tables()}
    if settings.region_facts_file is not None:
        files["region_facts"] = settings.region_facts_file
    if settings.projects_file is not None:
        files["projects"] = settings.projects_file
    if settings.weather_dir is not None:
        files |= {f"weather/{path.name}": path for path in sorted(settings.weather_dir.iterdir()) if path.is_file()}
    for name, path in files.items():
        if path.is_file():
            night.raw.put_file(name, path, name=name, read_at_utc=night.as_of_utc)
    return Made(night.raw.ledger(), metadata={"files": len(files)})
