"""Packs bi/superset/ into the ZIP that Superset imports, with the path of your database in it.

python bi/superset_bundle.py --database /srv/firstmw/data/releases/current/firstmw.duckdb --out firstmw_superset.zip
"""

from __future__ import annotations

import argparse
import re
import zipfile
from pathlib import Path

HERE = Path(__file__).parent / "superset"
URI = re.compile(r"(?m)^sqlalchemy_uri: .*$")


def bundle(database: Path) -> dict[str, str]:
    """Return the files of the ZIP by name, the database's address filled in.

    Parameters
    ----------
    database : Path
        Released database as Superset's server sees it; made absolute, its symbolic links kept.
    """
    files = {}
    for path in sorted(HERE.rglob("*.yaml")):
        name = path.relative_to(HERE).as_posix()
        text = path.read_text(encoding="utf-8")
        if name.startswith("databases/"):
            text = URI.sub(f"sqlalchemy_uri: duckdb:///{database.absolute()}", text)
        files[f"firstmw_dashboard/{name}"] = text
    return files


def main() -> None:
    """Write the ZIP."""
    parser = argparse.ArgumentParser(description="Pack the Superset dashboard of firstmw for import.")
    parser.add_argument("--database", type=Path, default=Path("data/releases/current/firstmw.duckdb"))
    parser.add_argument("--out", type=Path, default=Path("firstmw_superset.zip"))
    arguments = parser.parse_args()
    if not arguments.database.is_file():
        parser.error(f"{arguments.database} is not there; run `make refresh`, or name the database with --database.")
    with zipfile.ZipFile(arguments.out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in bundle(arguments.database).items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
    print(f"{arguments.out}: import it in Superset under Dashboards, or with `superset import-dashboards`.")


if __name__ == "__main__":
    main()
