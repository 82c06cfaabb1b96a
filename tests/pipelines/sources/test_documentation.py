"""The page on the sources is the registry's, and says everything a user needs to ask them."""

from __future__ import annotations

from pathlib import Path

from pipelines.contracts.base import REGISTRY
from pipelines.settings import Settings, is_secret
from pipelines.sources.documentation import KEYS, sources_page
from pipelines.sources.registry import connectors
from pipelines.sources.user_files import NO_SOURCE


def test_the_page_is_current(repository: Path) -> None:
    assert (repository / "docs" / "sources.md").read_text(encoding="utf-8") == sources_page(), "run `make docs`"


def test_every_source_says_whose_it_is_and_what_it_costs() -> None:
    every = connectors(Settings())
    ids = [one.source.source_id for one in every]
    assert len(set(ids)) == len(ids)
    for one in every:
        source = one.source
        assert all((source.title, source.publisher, source.licence, source.calls_per_night)), source.source_id
        assert source.base_url.startswith("https://")
        assert not source.base_url.endswith("/")
        assert source.calls_per_second > 0
        assert all(table in REGISTRY for table in one.tables)
        assert f"### {source.source_id}\n" in sources_page()


def test_every_key_is_a_secret_setting_with_the_way_to_get_it() -> None:
    needed = {one.source.key_setting for one in connectors(Settings()) if one.source.key_setting}
    assert needed == set(KEYS)
    assert all(is_secret(name) for name in needed)


def test_every_file_of_the_users_own_is_named() -> None:
    page = sources_page()
    brought = [name for name in Settings.model_fields if name.endswith("_file") and name not in NO_SOURCE]
    assert len(brought) == 7
    for name in [*brought, "weather_dir"]:
        assert f"**FIRSTMW_{name.upper()}**" in page
