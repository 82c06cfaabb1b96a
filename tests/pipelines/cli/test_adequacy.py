"""`firstmw adequacy`: the published system to the digit, both ways, and one sentence for every bad table."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from published_cases import FOLDER, published_case, rts79_load

GOOD = "group,n_units,capacity_mw,forced_outage_rate,mttf_h,mttr_h\na,3,10,0.1,90,10\nb,1,5,,99,1\n"
LOAD = "hour,load_mw\n" + "".join(f"{hour},{20 + hour % 10}\n" for hour in range(48))


@pytest.fixture
def files(tmp_path: Path):
    """Return a function that writes a fleet and a load and returns the options that name them."""

    def write(units: str = GOOD, load: str = LOAD) -> list[str]:
        (tmp_path / "units.csv").write_text(units)
        (tmp_path / "load.csv").write_text(load)
        return ["--units", str(tmp_path / "units.csv"), "--load", str(tmp_path / "load.csv")]

    return write


def test_rts79_to_the_digit_and_within_three_standard_errors(run, tmp_path):
    pl.DataFrame({"load_mw": rts79_load()}).with_row_index("hour").write_csv(tmp_path / "load.csv")
    files = ["--units", str(FOLDER / "rts79_units.csv"), "--load", str(tmp_path / "load.csv")]
    answer = json.loads(run("adequacy", *files, "--samples", "3000", "--json").stdout)
    exact = published_case("rts79")["convolution"]
    published = {
        "lole_hours_per_year": exact["LOLE_h_per_yr"],
        "lole_days_per_year": exact["LOLE_days_per_yr"],
        "eue_mwh_per_year": exact["EUE_mwh_per_yr"],
    }
    for name, value in published.items():
        assert answer[name] == pytest.approx(value, rel=1e-6)
        assert abs(answer[f"mc_{name}"] - value) < 3 * answer[f"mc_{name}_se"]
    assert answer["mc_years"] == 3000
    assert answer["mc_seconds"] > 0
    assert not answer["is_scaled_to_a_year"]


def test_the_table_shows_both_methods_years_and_seconds(run, files):
    result = run("adequacy", *files(), "--samples", "50")
    assert result.exit_code == 0
    assert "Convolution" in result.stdout
    assert "Monte Carlo" in result.stdout
    assert "50 years sampled in" in result.stdout
    assert "48 hours were brought to 8,760" in result.stdout


def test_convolution_alone(run, files):
    answer = json.loads(run("adequacy", *files(), "--samples", "0", "--json").stdout)
    assert not any(name.startswith("mc_") for name in answer)
    # The rate left out follows from the times: 1 / 100.
    given = json.loads(run("adequacy", *files(GOOD.replace("5,,", "5,0.01,")), "--samples", "0", "--json").stdout)
    assert answer["eue_mwh_per_year"] == pytest.approx(given["eue_mwh_per_year"], rel=1e-12)
    assert answer["is_scaled_to_a_year"]


def test_the_same_input_gives_the_same_sample(run, files):
    one, two = (json.loads(run("adequacy", *files(), "--samples", "200", "--json").stdout) for _ in range(2))
    assert {**one, "mc_seconds": 0} == {**two, "mc_seconds": 0}


@pytest.mark.parametrize(
    ("units", "load", "parts"),
    [
        (GOOD.replace("0.1,90", "1.4,90"), LOAD, ["units.csv, row 2, column forced_outage_rate", "1.4 is above 1"]),
        (GOOD.replace("3,10,", "3,ten,"), LOAD, ["row 2, column capacity_mw", "'ten' is not a number"]),
        (GOOD.replace("a,3,", "a,2.5,"), LOAD, ["column n_units", "2.5 is not a whole number"]),
        (GOOD.replace("99,1\n", ",\n"), LOAD, ["row 3, column forced_outage_rate", "it is empty"]),
        (GOOD.replace("0.1,90,10", "0.1,,"), LOAD, ["row 2, column mttr_h", "length of outages"]),
        (GOOD.replace("capacity_mw", "mw"), LOAD, ["units.csv", "column capacity_mw is missing"]),
        (GOOD, "hour,load_mw\n0,-5\n", ["load.csv, row 2, column load_mw", "-5 is below 0"]),
        (GOOD, "hour,load_mw\n", ["load.csv", "no rows"]),
        (GOOD, "hour,load_mw\n0\n", ["load.csv, row 2", "as many cells"]),
    ],
)
def test_bad_tables_are_named_in_one_sentence(run, files, units, load, parts):
    result = run("adequacy", *files(units, load))
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    for part in parts:
        assert part in result.stderr


def test_a_file_that_is_not_there(run, tmp_path):
    result = run("adequacy", "--units", str(tmp_path / "no.csv"), "--load", str(tmp_path / "no.csv"))
    assert result.exit_code == 1
    assert "there is no such file" in result.stderr


def _many(tmp_path, digits: int, count: int = 1000) -> list[str]:
    generator = np.random.default_rng(7)
    sizes = np.round(generator.choice([1.0, 0.5, 0.1], count) * generator.uniform(20, 600, count), digits)
    rates = np.round(generator.uniform(0.02, 0.12, count), 3)
    rows = [f"u{i},1,{size:g},{rate:g},,{50 + i % 70}" for i, (size, rate) in enumerate(zip(sizes, rates, strict=True))]
    units, load = tmp_path / "units.csv", tmp_path / "load.csv"
    units.write_text("group,n_units,capacity_mw,forced_outage_rate,mttf_h,mttr_h\n" + "\n".join(rows) + "\n")
    load.write_text("load_mw\n" + f"{0.93 * sizes.sum():.1f}\n" * 8760)
    return ["--units", str(units), "--load", str(load), "--samples", "0", "--json"]


def test_a_thousand_units_of_tenths_are_the_moments_of_their_sum(run, tmp_path):
    arguments = _many(tmp_path, 1)
    result = run("adequacy", *arguments)
    assert "convolution of 1,000 units" in result.stderr
    found = json.loads(result.stdout)
    units = pl.read_csv(arguments[1])
    size, rate = units["capacity_mw"].to_numpy(), units["forced_outage_rate"].to_numpy()
    mean, deviation = (size * (1 - rate)).sum(), np.sqrt((size**2 * rate * (1 - rate)).sum())
    # So many independent units sum to a normal distribution.
    reach = (found["peak_load_mw"] - mean) / deviation
    assert found["lolp_frac"] == pytest.approx(0.5 * (1 + math.erf(reach / math.sqrt(2))), rel=0.05)


def test_more_states_than_fit_are_refused_at_once_with_a_rounding_that_fits(run, tmp_path):
    arguments = _many(tmp_path, 3)
    refused = run("adequacy", *arguments)
    assert refused.exit_code == 2
    rounding = re.search(r"round them, for example with (--round-mw) (\S+)\.$", refused.stderr.strip())
    assert rounding is not None, refused.stderr
    rounded = run("adequacy", *arguments, *rounding.groups())
    assert rounded.exit_code == 0, rounded.stderr
    tenths = json.loads(run("adequacy", *_many(tmp_path, 1)).stdout)
    assert json.loads(rounded.stdout)["eue_mwh_per_year"] == pytest.approx(tenths["eue_mwh_per_year"], rel=0.05)


def test_both_convolutions_agree(monkeypatch):
    from pipelines.reliability import fleet

    generator = np.random.default_rng(3)
    sizes, rates = np.round(generator.uniform(1, 9, 18), 1), generator.uniform(0.02, 0.3, 18)
    found = []
    for few in (1, 10**9):
        monkeypatch.setattr(fleet, "_FEW_STATES", few)
        found.append(fleet.fleet_adequacy(sizes, rates, np.linspace(30.0, 90.0, 48)))
    assert found[0].eue_mwh == pytest.approx(found[1].eue_mwh, rel=1e-9)
    assert found[0].lole_hours == pytest.approx(found[1].lole_hours, rel=1e-9)


@pytest.mark.parametrize(("rate", "repair"), [("0.999999", "50"), ("0.1", "0.5")])
def test_times_below_an_hour_are_not_sampled(run, tmp_path, rate, repair):
    units, load = tmp_path / "units.csv", tmp_path / "load.csv"
    units.write_text(f"group,n_units,capacity_mw,forced_outage_rate,mttf_h,mttr_h\na,10,10,{rate},,{repair}\n")
    load.write_text("load_mw\n" + "80\n" * 8760)
    case = ["adequacy", "--units", str(units), "--load", str(load), "--json"]
    refused = run(*case)
    assert refused.exit_code == 1
    assert "row 2, column mttr_h" in refused.stderr
    assert "sampled by the hour" in refused.stderr
    exact = json.loads(run(*case, "--samples", "0").stdout)
    if rate == "0.999999":
        assert exact["eue_mwh_per_year"] == pytest.approx(80 * 8760 - 10 * 10 * 1e-6 * 8760, rel=1e-6)
