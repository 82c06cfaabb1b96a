"""Networks that an earlier night drew give the same result as drawing them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from pipelines.timeline.outcomes import keep_known, read_known
from pipelines.timeline.time_to_power import TimelineResult, time_to_power
from pipelines.warehouse import Cache


def test_kept_networks_are_drawn_once_and_give_the_same(tables, regions, designs, fast, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    chosen = regions.head(3).select("region_id").join(designs, how="cross")

    def run(chosen: pl.DataFrame, *, is_path_wanted: bool) -> tuple[TimelineResult, bool]:
        known = read_known(cache)
        reference = (tables[name] for name in ("equipment_lead_times", "policy", "queue_statistics"))
        result = time_to_power(regions, chosen, *reference, fast, 7, known=known, is_path_wanted=is_path_wanted)
        keep_known(cache, known)
        return result, known.has_new

    # What was drawn without its critical path does not stand for one with it.
    assert run(chosen, is_path_wanted=False)[1]
    drawn, is_new = run(chosen, is_path_wanted=True)
    assert is_new
    again, is_new = run(chosen, is_path_wanted=True)
    assert not is_new
    assert_frame_equal(again.time_to_power, drawn.time_to_power, check_exact=True)
    assert_frame_equal(again.critical_path, drawn.critical_path, check_exact=True)
    assert (again.online_share == drawn.online_share).all()
    assert (again.draws.first_mw_months == drawn.draws.first_mw_months).all()
    bigger = chosen.with_columns(pl.col("solar_mw") * 1.5)
    assert run(bigger, is_path_wanted=False)[1]
    assert not run(chosen, is_path_wanted=True)[1]
