"""Irradiance that contradicts the sun or itself is refused or warned of, with figures; sound years are not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.weather.calendar import hours_of_year
from pipelines.weather.plausible import MOST_LIT_NIGHT_HOURS, Verdict, judge
from pipelines.weather.readers import WeatherFile
from pipelines.weather.sun import sun_path

PLACE = (35.0, -105.0)
START = hours_of_year(2025)
Sun = dict[str, NDArray[np.float64]]


@pytest.fixture(scope="module")
def sound() -> Sun:
    """Return a clear year whose beam and diffuse make up the global."""
    path = sun_path(START, *PLACE)
    dni, dhi = 700.0 * (path.cos_zenith > 0.1) * path.up_frac, 80.0 * path.up_frac * (path.cos_zenith > 0.05)
    return {"ghi": dni * path.cos_zenith + dhi, "dni": dni, "dhi": dhi}


def moved(sun: Sun, hours: int, part: slice = slice(None)) -> Sun:
    found = {}
    for name, values in sun.items():
        found[name] = values.copy()
        found[name][part] = np.roll(values, hours)[part]
    return found


def lit(sun: Sun, count: int) -> Sun:
    night = np.flatnonzero(sun_path(START, *PLACE).up_frac == 0.0)
    ghi = sun["ghi"].copy()
    ghi[night[np.linspace(0, len(night) - 1, count).astype(int)]] = 45.0
    return sun | {"ghi": ghi}


def test_sound_years_pass_without_a_word(sound: Sun, stations: dict[str, WeatherFile]) -> None:
    assert judge(START, *PLACE, **sound) == Verdict()
    assert len(stations) == 20
    assert {name: file.warnings for name, file in stations.items() if file.warnings} == {}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda sun: sun | {"dni": 0 * sun["dni"]}, "miss the global by"),
        (lambda sun: sun | {"dni": 0 * sun["dni"], "dhi": sun["ghi"]}, "has a beam of 0.0% of the global"),
        (lambda sun: {name: 0 * values for name, values in sun.items()}, "no irradiance at all"),
        (lambda sun: {name: values / 1000 for name, values in sun.items()}, "it may be in kW/m2"),
        (lambda sun: {name: 2 * values for name, values in sun.items()}, "0.2 to 0.8 of it reach the ground"),
        (lambda sun: sun | {"ghi": sun["dni"], "dni": sun["ghi"]}, "0.922 of that above the atmosphere"),
        (lambda sun: sun | {"dhi": sun["dni"], "dni": sun["dhi"]}, "beam and diffuse are swapped"),
        (lambda sun: {name: values * (np.arange(8760) > 4000) for name, values in sun.items()}, "days without light"),
        (lambda sun: {name: values * (abs(np.arange(8760) - 4000) > 120) for name, values in sun.items()}, "in a row"),
        (lambda sun: moved(sun, 1), "by an hour|moved by -1 h"),
        (lambda sun: moved(sun, -1), "by an hour|moved by [+]1 h"),
        (lambda sun: moved(sun, 1, slice(1656, 7344)), "by an hour|moved by -1 h in"),
        (lambda sun: moved(sun, 12), "while the sun is down: clock"),
        (lambda sun: lit(sun, MOST_LIT_NIGHT_HOURS + 1), "301 lit hours in all, while the sun is down: clock"),
    ],
)
def test_what_cannot_be_is_refused_with_figures(sound: Sun, spoil: Callable[[Sun], Sun], words: str) -> None:
    verdict = judge(START, *PLACE, **spoil(sound))
    assert re.search(words, verdict.fault), verdict
    assert verdict.column


@pytest.mark.parametrize(("count", "told"), [(0, 0), (1, 1), (30, 1), (283, 1)])
def test_lit_hours_at_night_are_counted_and_put_to_zero(sound: Sun, count: int, told: int) -> None:
    verdict = judge(START, *PLACE, **lit(sound, count))
    assert verdict.fault == ""
    assert len(verdict.warnings) == told
    if count:
        assert "has 45 W/m2 at" in verdict.warnings[0]
        assert f"{count} lit hours in all" in verdict.warnings[0]
    # Live sources, whose clocks are known, may have two.
    assert bool(judge(START, *PLACE, **lit(sound, count), most_lit_hours=2).fault) == (count > 2)


def test_half_an_hour_is_noticed_and_read_as_stamped(sound: Sun) -> None:
    early = sun_path(START - np.timedelta64(30, "m"), *PLACE)
    dni = sound["dni"] * (early.cos_zenith > 0.1)
    own = {"ghi": dni * early.cos_zenith + sound["dhi"], "dni": dni, "dhi": sound["dhi"]}
    verdict = judge(START, *PLACE, **own)
    assert verdict.fault == ""
    assert any("moved by -0.5 h; the hours are read as stamped" in told for told in verdict.warnings)


def test_days_without_light_are_said_before_they_are_refused(sound: Sun) -> None:
    hours = np.arange(8760)
    dark = {name: values * (abs(hours - 4000) > 66) for name, values in sound.items()}
    verdict = judge(START, *PLACE, **dark)
    assert verdict.fault == ""
    assert "days without light" in verdict.warnings[0]


def test_files_are_judged_by_it(shared: Path, tmp_path: Path) -> None:
    from pipelines.errors import InputError
    from pipelines.weather.readers import read_weather_file

    real = shared / "real" / "sam_csv" / "USA_AZ_Phoenix_Sky_Harbor_TMY3_sam.csv"
    lines = real.read_text().splitlines()
    place = lines[2].split(",").index("DNI")
    for row in range(3, len(lines)):
        fields = lines[row].split(",")
        fields[place] = "0"
        lines[row] = ",".join(fields)
    path = tmp_path / "no_beam.csv"
    path.write_text("\n".join(lines))
    with pytest.raises(InputError, match=r"miss the global by .* beam 0, diffuse"):
        read_weather_file(path)
