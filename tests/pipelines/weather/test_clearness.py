"""The constants of the daily clearness index, found again in the files they were fitted to.

Eleven typical years, none of them among the twenty stations that the synthetic years are compared with.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipelines.weather.calendar import MONTH_OF_DAY, solar_offset_hours
from pipelines.weather.clearness import clearness_spread
from pipelines.weather.readers import read_weather_file
from pipelines.weather.sun import sun_path


@pytest.fixture(scope="module")
def months(shared: Path) -> np.ndarray:
    """Return mean clearness index, diffuse share, spread and ceiling of each station-month, shape (132, 4)."""
    real = shared / "real"
    names = ("daggett_ca", "des_moines_ia", "fargo_nd")
    paths = sorted((real / "epw").glob("*_TMY3.epw"))
    paths += [path for path in sorted((real / "sam_csv").iterdir()) if path.name.startswith(names)]
    assert len(paths) == 11
    rows = []
    for path in paths:
        file = read_weather_file(path)
        sun = sun_path(file.frame["hour_utc"].to_numpy(), file.latitude, file.longitude)
        offset = solar_offset_hours(file.longitude)
        ghi, dhi, extra = (
            np.roll(values, offset).reshape(365, 24).sum(axis=1)
            for values in (
                file.frame["ghi_w_per_m2"].to_numpy(),
                file.frame["dhi_w_per_m2"].to_numpy(),
                sun.extra_horizontal_w_per_m2,
            )
        )
        for month in range(12):
            days = month == MONTH_OF_DAY
            daily = ghi[days] / extra[days]
            total = ghi[days].sum()
            rows.append((total / extra[days].sum(), dhi[days].sum() / total, daily.std(), daily.max()))
    return np.array(rows)


def test_spread_is_the_least_squares_fit(months: np.ndarray) -> None:
    k, d, spread, _ = months.T
    terms = np.stack([np.ones_like(k), k, k * k, d, d * d, k * d], axis=1)
    best, *_ = np.linalg.lstsq(terms, spread, rcond=None)
    assert clearness_spread(k, d) == pytest.approx(terms @ best, abs=0.002)
    # The mean clearness index alone explains far less than both.
    alone, *_ = np.linalg.lstsq(terms[:, :3], spread, rcond=None)
    assert np.var(spread - terms @ best) < 0.75 * np.var(spread - terms[:, :3] @ alone)


def test_ceiling_lies_at_the_clearest_days(months: np.ndarray) -> None:
    k, _, _, clearest = months.T
    assert np.median(clearest - (0.58 + 0.30 * k)) == pytest.approx(0.0, abs=0.02)
