"""How fast the dispatch is: run `python -m benchmarks.dispatch`; it prints a table and writes benchmarks/results.md.

All variants run the same designs over the same year in one process, in turns, and the best of the rounds counts: on a
machine that does other work, the ratios mean more than the times.
"""

from __future__ import annotations

import platform
import resource
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipelines.dispatch.batch import DispatchResult, simulate_batch
from pipelines.dispatch.bound import RunningPrices, dispatch_bound
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.kernel import LANES, STRIDE
from pipelines.dispatch.options import RULES
from pipelines.identity import stable_seed
from pipelines.plant.technology import Battery, FirmTechnology

RESULTS = Path(__file__).parent / "results.md"
N_HOURS, N_SITES, N_DESIGNS, THREADS, ROUNDS = 8760, 4, 4096, 2, 5
ENGINE = FirmTechnology(
    technology="engine", unit_mw=4.5, heat_rate_mmbtu_per_mwh=8.3, no_load_frac=0.1, min_load_frac=0.3,
    forced_outage_rate=0.03, forced_outage_by_temperature=(), planned_outage_rate=0.03, mtbf_hours=1500.0,
    mttr_hours=40.0, derate_per_c=0.006, derate_above_c=30.0, derate_per_km=0.05, fuel="natural_gas",
)  # fmt: skip
REACTOR = replace(ENGINE, technology="reactor", unit_mw=10.0, min_load_frac=0.4, fuel="uranium")
TECHNOLOGIES = {"engine": ENGINE, "reactor": REACTOR}
BATTERY = Battery(charge_efficiency=0.96, discharge_efficiency=0.96, soc_floor_frac=0.05, soc_start_frac=0.5)


@dataclass(frozen=True)
class Measured:
    """One row of the table: what ran, and the best time per site-year over all threads (microseconds)."""

    name: str
    microseconds: float
    threads: int

    @property
    def nanoseconds_per_step_and_core(self) -> float:
        """Return the time of one design's one hour on one core (ns)."""
        return self.microseconds * self.threads / N_HOURS * 1e3


def make_site(index: int) -> SiteYear:
    """Return a made-up year: a sun of varying height and clouds that last for days, over a warm and a cold season."""
    rng = np.random.default_rng(stable_seed("benchmark site", index))
    hours = np.arange(N_HOURS)
    season = np.cos(2 * np.pi * (hours / 24 - 172) / 365)
    clear = np.clip(np.sin(2 * np.pi * (hours % 24 - 6) / 24) * (0.85 + 0.25 * season), 0.0, 1.0)
    cloud = np.repeat(np.convolve(rng.beta(2.0, 1.0, 367), np.ones(3) / 3, "valid"), 24)[:N_HOURS]
    temperature = 14 + 11 * season + 6 * np.sin(2 * np.pi * (hours % 24 - 9) / 24) + rng.normal(0, 2, N_HOURS)
    load = 20.0 * (1.1 + 0.004 * np.maximum(temperature - 15.0, 0.0))
    capacity = {name: kind.capacity_frac(temperature, 300.0) for name, kind in TECHNOLOGIES.items()}
    return SiteYear(
        f"made-up {index}", 1, datetime(2025, 1, 1), 1.0, clear * cloud, load, np.ones(N_HOURS), temperature, capacity
    )


def make_designs(n: int, rule: str = "load_following", *, has_baseload: bool = False) -> DesignSet:
    """Return random sizings of solar, battery and gas engines, with reactors as baseload on request."""
    rng = np.random.default_rng(stable_seed("benchmark designs", n))
    zero = np.zeros(n)
    power = rng.uniform(5.0, 30.0, n)
    return DesignSet(
        design_id=[f"d{i}" for i in range(n)],
        stack_id=["made-up"] * n,
        solar_mw=rng.uniform(20.0, 130.0, n),
        bess_mw=power,
        bess_mwh=power * rng.uniform(2.0, 12.0, n),
        reserve_mw=zero,
        reserve_mwh=zero,
        grid_mw=zero,
        is_grid_flexible=np.zeros(n, bool),
        baseload_technology=["reactor" if has_baseload else ""] * n,
        baseload_units=np.full(n, int(has_baseload)),
        baseload_unit_mw=np.full(n, 10.0 if has_baseload else 0.0),
        firm_technology=["engine"] * n,
        firm_units=rng.integers(2, 8, n),
        firm_unit_mw=np.full(n, 4.5),
        rule=[rule] * n,
    )


@njit(nogil=True)
def _roof(work: NDArray[np.float32], series: NDArray[np.float32], zero: np.float32) -> None:
    """Clip one stored level per design and step: the least that any storage dispatch has to do."""
    for t in range(series.shape[0]):
        solar, load = series[t, 0], series[t, 1]
        for k in range(LANES):
            level = work[k] + work[STRIDE + k] * solar - load
            work[k] = min(max(level, zero), work[2 * STRIDE + k])


def run_roof(site: SiteYear, designs: DesignSet) -> None:
    """Run the bare kernel over as many blocks as the designs fill, on one thread."""
    series = np.ascontiguousarray(np.stack([site.solar_mw_per_mw, site.load_mw], axis=1), np.float32)
    for start in range(0, len(designs), LANES):
        work = np.zeros(3 * STRIDE, np.float32)
        work[STRIDE : STRIDE + LANES] = designs.solar_mw[start : start + LANES]
        work[2 * STRIDE : 2 * STRIDE + LANES] = designs.bess_mwh[start : start + LANES]
        _roof(work, series, np.float32(0.0))


def run_numpy(site: SiteYear, designs: DesignSet) -> dict[str, NDArray[np.float64]]:
    """Dispatch all designs with one numpy expression per quantity and hour: the same rule and units, in double."""
    full, floor = designs.bess_mwh, designs.bess_mwh * BATTERY.soc_floor_frac
    soc = np.maximum(full * BATTERY.soc_start_frac, floor)
    units, unit_mw = designs.firm_units.astype(float), designs.firm_unit_mw
    names = ("firm", "running", "charge", "discharge", "curtailed", "unserved", "starts")
    sums = {name: np.zeros(len(designs)) for name in names}
    before = None
    capacity_frac = site.capacity_frac["engine"]
    for t in range(N_HOURS):
        short = site.load_mw[t] - designs.solar_mw * site.solar_mw_per_mw[t]
        give = np.minimum(designs.bess_mw, (soc - floor) * BATTERY.discharge_efficiency)
        take = np.minimum(designs.bess_mw, (full - soc) / BATTERY.charge_efficiency)
        want = np.maximum(short - give, 0.0)
        capacity = unit_mw * capacity_frac[t]
        running = np.minimum(np.ceil(want / capacity - 1e-9), units)
        made = np.minimum(np.maximum(want, running * ENGINE.min_load_frac * capacity), units * capacity)
        power = np.clip(short - made, -take, give)
        rest = short - made - power
        soc = soc - np.maximum(power, 0.0) / BATTERY.discharge_efficiency
        soc = soc + np.maximum(-power, 0.0) * BATTERY.charge_efficiency
        sums["firm"] += made
        sums["running"] += running
        sums["charge"] += np.maximum(-power, 0.0)
        sums["discharge"] += np.maximum(power, 0.0)
        sums["curtailed"] += np.maximum(-rest, 0.0)
        sums["unserved"] += np.maximum(rest, 0.0)
        sums["starts"] += 0.0 if before is None else np.maximum(running - before, 0.0)
        before = running
    return sums


def check_equal(found: DispatchResult, expected: dict[str, NDArray[np.float64]]) -> None:
    """Raise if the kernel and the numpy batch did not do the same work."""
    pairs = {
        "firm": found.firm_mwh, "running": found.firm_run_hours, "charge": found.charge_mwh,
        "discharge": found.discharge_mwh, "curtailed": found.curtailed_mwh, "unserved": found.unserved_mwh,
    }  # fmt: skip
    for name, values in pairs.items():
        np.testing.assert_allclose(values[0], expected[name], rtol=5e-4, atol=2.0, err_msg=name)


def best_of(jobs: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Return the best wall time of each job (s), run in turns after one run to warm up."""
    for job in jobs.values():
        job()
    best = dict.fromkeys(jobs, np.inf)
    for _ in range(rounds):
        for name, job in jobs.items():
            start = perf_counter()
            job()
            best[name] = min(best[name], perf_counter() - start)
    return best


def measure() -> list[Measured]:
    """Return the rows of the table: kernels over all sites and threads, the roof on one, numpy and the LP."""
    sites = [make_site(i) for i in range(N_SITES)]
    designs = make_designs(N_DESIGNS)

    def batch(designs: DesignSet, dtype: type = np.float32) -> Callable[[], object]:
        return lambda: simulate_batch(sites, designs, TECHNOLOGIES, BATTERY, dtype=dtype, threads=THREADS)

    jobs: dict[str, Callable[[], object]] = {
        **{f"{rule}, single": batch(make_designs(N_DESIGNS, rule)) for rule in RULES},
        "load_following with a baseload block, single": batch(make_designs(N_DESIGNS, has_baseload=True)),
        "load_following, double": batch(designs, np.float64),
        "bare min/max roof, single, one thread": lambda: run_roof(sites[0], designs),
    }
    seconds = best_of(jobs)
    rows = []
    for name, best in seconds.items():
        is_roof = name.startswith("bare")
        n_site_years = N_DESIGNS * (1 if is_roof else len(sites))
        rows.append(Measured(name, best / n_site_years * 1e6, 1 if is_roof else THREADS))

    start = perf_counter()
    expected = run_numpy(sites[0], designs)
    rows.append(Measured("numpy batch, double, one thread", (perf_counter() - start) / N_DESIGNS * 1e6, 1))
    check_equal(simulate_batch(sites[:1], designs, TECHNOLOGIES, BATTERY), expected)

    start = perf_counter()
    dispatch_bound(sites[0], designs, 0, TECHNOLOGIES, BATTERY, RunningPrices(4.0, 1.0, 60.0, 10_000.0))
    rows.append(Measured("linear programme (scipy, HiGHS), one site-year", (perf_counter() - start) * 1e6, 1))
    return rows


def scaling() -> list[tuple[int, int, float, float]]:
    """Return (sites, designs, microseconds per site-year, growth of peak memory in MiB) as the work grows."""
    rows = []
    simulate_batch([make_site(0)], make_designs(LANES), TECHNOLOGIES, BATTERY, threads=THREADS)
    for n_sites, n_designs in ((4, N_DESIGNS), (16, N_DESIGNS), (4, 4 * N_DESIGNS)):
        sites, designs = [make_site(i) for i in range(n_sites)], make_designs(n_designs)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = perf_counter()
        simulate_batch(sites, designs, TECHNOLOGIES, BATTERY, threads=THREADS)
        seconds = perf_counter() - start
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        rows.append((n_sites, n_designs, seconds / n_sites / n_designs * 1e6, grown))
    return rows


def processor() -> str:
    """Return the processor's name as the system knows it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def report(rows: list[Measured], growth: list[tuple[int, int, float, float]]) -> str:
    """Return the results as Markdown."""
    kernel = rows[0]
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "llvmlite", "scipy"))
    lines = [
        "# Dispatch benchmark",
        "",
        "Made by `make bench`. One site-year is one design dispatched over 8,760 hours with derated units, minimum",
        f"load, starts and fuel. Batches of {N_DESIGNS:,} designs over {N_SITES} sites; best of {ROUNDS} rounds in",
        "turns. The ratio is wall time per site-year against the first row.",
        "",
        f"Machine: {processor()}, {THREADS} threads. Python {platform.python_version()}, {packages}.",
        "",
        "| what | microseconds per site-year | ns per step and core | ratio |",
        "|---|---:|---:|---:|",
    ]
    lines += [
        f"| {row.name} | {row.microseconds:,.2f} | {row.nanoseconds_per_step_and_core:,.2f} "
        f"| {row.microseconds / kernel.microseconds:,.2f} |"
        for row in rows
    ]
    lines += [
        "",
        "One run each, as the work grows; memory is the growth of the process's peak, results included.",
        "",
        "| sites | designs | microseconds per site-year | peak memory grown by (MiB) |",
        "|---:|---:|---:|---:|",
    ]
    lines += [f"| {sites} | {designs:,} | {micro:.2f} | {grown:.0f} |" for sites, designs, micro, grown in growth]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and write the results."""
    growth = scaling()
    text = report(measure(), growth)
    RESULTS.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
