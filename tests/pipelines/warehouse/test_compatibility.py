"""What readers rely on stays from night to night unless a newer version says otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dataframely as dy
import pytest

from pipelines.contracts.base import REGISTRY, TableInfo, integer, number, text, timestamp
from pipelines.errors import ContractError, UsageError
from pipelines.warehouse import broken_promises, code_version, require_compatible


@pytest.fixture
def changelog(tmp_path: Path) -> Path:
    path = tmp_path / "CHANGELOG.md"
    path.write_text("# Changelog\n\n## 1.0.0\n\n- First.\n", encoding="utf-8")
    return path


class FewerSites(dy.Schema):
    """The small table with a column less, one as text, and one more."""

    region_id = text("Region", key=True)
    stack_id = text("Stack", key=True)
    is_target_met = text("Whether the target is met")
    firm_units = integer("Units", minimum=0)
    as_of_utc = timestamp("Logical date")
    run_id = text("Run")
    extra_mw = number("New", "MW", nullable=True)


TABLES = ["test_sites", "test_hours"]


def test_a_dropped_and_a_retyped_column_stop_the_build(
    night: Any, changelog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.publish(1, changelog=changelog)
    info = TableInfo("mart.test_sites", FewerSites, "One row per site.", "")
    monkeypatch.setitem(REGISTRY, "mart.test_sites", info)
    with pytest.raises(ContractError, match=r"test_sites.solar_mw is dropped.*version 1.0.0.*raise the version"):
        require_compatible(night.data_dir, TABLES, changelog)
    # Named, but under the version that readers have already.
    changelog.write_text("## 1.0.0\n\n- `test_sites.solar_mw` goes, `test_sites.is_target_met` is text.\n")
    with pytest.raises(ContractError, match=r"test_sites\.solar_mw"):
        require_compatible(night.data_dir, TABLES, changelog)
    # A newer version that names only one of the two.
    changelog.write_text("## 1.10.0\n\n- `test_sites.solar_mw` goes.\n\n## 1.0.0\n\n- First.\n")
    with pytest.raises(ContractError, match="is_target_met turns from BOOLEAN into VARCHAR"):
        require_compatible(night.data_dir, TABLES, changelog)
    changelog.write_text("## 1.10.0\n\n- `test_sites.solar_mw` goes, `test_sites.is_target_met` is text.\n\n## 1.0.0\n")
    require_compatible(night.data_dir, TABLES, changelog)


def test_a_table_that_is_no_longer_published_is_named(night: Any, changelog: Path) -> None:
    info = night.publish(1, changelog=changelog)
    assert info.manifest["version"] == code_version(changelog) == "1.0.0"
    assert broken_promises(info.manifest["tables"], TABLES) == {}
    assert broken_promises(info.manifest["tables"], TABLES[:1]) == {"test_hours": "is dropped"}
    with pytest.raises(ContractError, match="test_hours is dropped"):
        require_compatible(night.data_dir, TABLES[:1], changelog)


def test_without_a_release_or_a_version_nothing_is_promised(night: Any, data_dir: Path, changelog: Path) -> None:
    require_compatible(data_dir, TABLES[:1], changelog)
    night.publish(1)
    require_compatible(data_dir, TABLES[:1], changelog)


def test_a_changelog_without_a_version_is_named(tmp_path: Path) -> None:
    path = tmp_path / "CHANGELOG.md"
    with pytest.raises(UsageError, match="cannot be read"):
        code_version(path)
    path.write_text("# Changelog\n")
    with pytest.raises(UsageError, match="no heading names a version"):
        code_version(path)


def test_a_held_release_is_kept_and_not_shown_until_it_is_accepted(night: Any) -> None:
    from pipelines.warehouse import current_run_id, list_releases, make_current, reuse_release

    night.publish(1)
    info = night.publish(2, held=["80 % of the best regions changed"])
    assert not info.is_current
    assert current_run_id(night.data_dir) == night.run_id(1)
    assert [release.held != () for release in list_releases(night.data_dir)] == [True, False]
    again = reuse_release(night.data_dir, night.run_id(2))
    assert again is not None
    assert not again.is_current
    assert reuse_release(night.data_dir, night.run_id(2), is_accepted=True).is_current
    make_current(night.data_dir, night.run_id(1))
    assert current_run_id(night.data_dir) == night.run_id(1)
