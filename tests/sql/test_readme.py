"""The README's result is what `make docs` writes of a release, figure by figure."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from pipelines.errors import UsageError
from pipelines.settings import settings
from pipelines.warehouse import Release, open_release


@pytest.fixture(scope="module")
def generate(repository: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", repository / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def written(generate: ModuleType, repository: Path) -> str:
    """Return the part of the README that the command writes."""
    found = generate.RESULT.search((repository / "README.md").read_text(encoding="utf-8"))
    assert found is not None
    return found[0].split("-->\n", 1)[1].rsplit("<!--", 1)[0].strip()


def cells(text: str) -> list[list[str]]:
    """Return the rows of the tables, without their heads."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [row for row in rows if row[0] not in {"region rank", "stack", "---"}]


def test_every_figure_is_the_releases(generate: ModuleType, release: Release) -> None:
    sites = release.table("ranked_sites").filter("is_region_best").sort("region_rank")
    best = sites.unique("state", keep="first", maintain_order=True).head(10)
    rows = cells(generate.result(release))
    assert len(rows) == best.height + release.table("ranked_sites")["stack_id"].n_unique()
    for shown, site in zip(rows, best.iter_rows(named=True), strict=False):
        assert shown[:3] == [str(site["region_rank"]), f"{site['region_name']}, {site['state']}", site["stack_id"]]
        assert float(shown[3].split(" ")[0]) == pytest.approx(site["first_mw_months_p50"], abs=0.05)
        assert float(shown[4]) == pytest.approx(site["lcoe_usd_per_mwh"], abs=0.5)
        assert float(shown[5]) == pytest.approx(100 * site["availability_frac"], abs=0.005)
        assert float(shown[6]) == pytest.approx(site["lolh_hours_per_year"], abs=0.5)
        assert float(shown[7]) == pytest.approx(site["co2_kg_per_mwh"], abs=0.5)
        assert float(shown[8]) == pytest.approx(site["value_usd_per_mw"] / 1e6, abs=0.05)
    for shown in rows[best.height :]:
        own = release.table("ranked_sites").filter(pl.col("stack_id") == shown[0])
        assert float(shown[3]) == pytest.approx(own["lcoe_usd_per_mwh"].median(), abs=0.5)
        assert shown[8] == f"{own['is_target_met'].sum()} of {own.height}"


def test_the_readme_holds_what_the_command_writes(generate: ModuleType, repository: Path, release: Release) -> None:
    ours, theirs = written(generate, repository), generate.result(release).strip()
    heads = [line for line in theirs.splitlines() if line.startswith(("| region rank", "| stack", "The stacks"))]
    assert [line for line in heads if line not in ours] == []


@pytest.mark.campaign
def test_the_readme_holds_the_figures_of_the_current_release(generate: ModuleType, repository: Path) -> None:
    try:
        with open_release(settings().data_dir) as current:
            assert written(generate, repository) == generate.result(current).strip()
    except UsageError:
        pytest.skip("there is no release to compare the README with; run `make refresh` first")
