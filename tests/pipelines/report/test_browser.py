"""The page in a browser: nothing asked for, nothing wrong, and it does what its controls say."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.errors import UsageError
from pipelines.report import PLACE, build_page
from pipelines.report.server import make_server
from pipelines.warehouse import Cache, Release

HOSTILE = "<script>alert(1)</script>"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass
class Opened:
    """The page as opened, with what it asked for and what went wrong."""

    page: Any
    shots: Path
    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def shoot(self, name: str) -> None:
        """Keep a picture of what is in the window."""
        self.page.screenshot(path=self.shots / f"{name}.png")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return headless Chromium, or skip."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make setup installs it")
    found = os.environ.get("FIRSTMW_CHROMIUM") or next(
        (path for name in BROWSERS if (path := shutil.which(name))), None
    )
    if found is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium, or name one in FIRSTMW_CHROMIUM")
    with sync_api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def shots(repository: Path) -> Path:
    """Return the folder for screenshots, which is no part of the tree."""
    folder = repository / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def opened(browser: Any, release: Release | Path, shots: Path, **options: Any) -> Opened:
    context = browser.new_context(**options)
    page = context.new_page()
    state = Opened(page, shots)
    page.on("request", lambda request: state.requests.append(request.url))
    page.on("console", lambda message: state.problems.append(message.text))
    page.on("pageerror", lambda error: state.problems.append(str(error)))
    page.on("dialog", lambda dialog: (state.problems.append(f"dialog {dialog.message}"), dialog.dismiss()))
    place = release if isinstance(release, Path) else release.info.path / PLACE
    page.goto(place.as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    return state


def wait_until(state: Opened, expression: str, argument: Any = None) -> None:
    """Wait for a function of the page to say yes; asked from outside, as the page's policy forbids evaluation in it."""
    for _ in range(300):
        if state.page.evaluate(expression, argument):
            return
        state.page.wait_for_timeout(100)
    pytest.fail(f"not so within 30 s: {expression}")


def see(state: Opened, section: str) -> None:
    """Bring a section into the window and wait for its charts."""
    state.page.evaluate("section => document.getElementById(section).scrollIntoView()", section)
    wait_until(
        state,
        "section => [...document.querySelectorAll('#' + section + ' .chart')]"
        ".every((node) => node.hidden || node.children.length)",
        section,
    )


@pytest.fixture(scope="module")
def wide(browser: Any, release: Release, shots: Path) -> Opened:
    """Return the page in a wide light window."""
    return opened(browser, release, shots, viewport={"width": 1360, "height": 900}, color_scheme="light")


SECTIONS = ("today", "map", "ranking", "tradeoffs", "site", "inputs")


def ranked(state: Opened) -> list[str]:
    return state.page.locator("#ranking-rows tr").evaluate_all("rows => rows.map((row) => row.dataset.site)")


def test_it_opens_from_a_file_and_asks_for_nothing(wide: Opened) -> None:
    for section in SECTIONS:
        see(wide, section)
        wide.shoot(f"light_{section}")
    assert [url for url in wide.requests if not url.startswith("file://")] == []
    assert len(wide.requests) == 1
    assert wide.problems == []
    assert wide.page.locator("#map-chart svg path").count() > 49


def test_the_map_shows_what_is_known_of_places(wide: Opened) -> None:
    see(wide, "map")
    for measure in ("permitted", "pipe", "nox", "substation", "people"):
        wide.page.select_option("#map-measure", measure)
        words = wide.page.locator("#map-measure option:checked").inner_text()
        # All six regions have the fact: their counties are real.
        said = f"Map of 6 regions coloured by {words}"
        wait_until(wide, f"() => document.querySelector('#map-chart svg')?.ariaLabel?.startsWith('{said}')")
    assert wide.problems == []


def test_a_region_called_like_markup_shows_as_text(wide: Opened) -> None:
    assert wide.page.locator("#s-region option", has_text=HOSTILE).count() == 1
    wide.page.select_option("#s-region", "columbus_oh")
    assert HOSTILE in wide.page.locator("#site-verdict").inner_text()
    assert wide.page.locator("body script").count() == 4
    assert wide.problems == []


def set_slider(state: Opened, name: str, value: int) -> None:
    state.page.locator(f"#w-{name}").evaluate(
        "(node, value) => { node.value = value; node.dispatchEvent(new Event('input', {bubbles: true})); }", value
    )


@pytest.mark.parametrize(
    ("weights", "filters"),
    [
        ({"speed": 40, "cost": 30, "reliability": 20, "resilience": 10, "carbon": 10}, {}),
        ({"speed": 0, "cost": 100, "reliability": 0, "resilience": 0, "carbon": 0}, {}),
        ({"speed": 13, "cost": 7, "reliability": 29, "resilience": 67, "carbon": 91}, {"state": "TX"}),
        ({"speed": 55, "cost": 45, "reliability": 100, "resilience": 20, "carbon": 3}, {"min_availability": "0.9995"}),
        ({"speed": 1, "cost": 1, "reliability": 0, "resilience": 1, "carbon": 0}, {"max_lcoe": "90"}),
    ],
)
def test_sliders_rank_as_the_macro_does(
    wide: Opened, release: Release, weights: dict[str, int], filters: dict[str, str]
) -> None:
    for name, value in weights.items():
        set_slider(wide, name, value)
    wide.page.select_option("#f-state", filters.get("state", ""))
    wide.page.select_option("#f-available", filters.get("min_availability", "0"))
    wide.page.fill("#f-lcoe", filters.get("max_lcoe", ""))
    if wide.page.locator("#more-rows").count():
        wide.page.click("#more-rows")
    arguments = [f"{name} := {value / 100}" for name, value in weights.items()]
    arguments += [
        f"{name} := '{value}'" if name == "state" else f"{name} := {value}" for name, value in filters.items()
    ]
    expected = release.query(f"select region_id || '|' || stack_id as site from rank_sites({', '.join(arguments)})")
    assert ranked(wide) == expected["site"].to_list()
    assert ranked(wide)


def test_weights_that_are_all_zero_order_nothing_and_the_macro_refuses_them(wide: Opened, release: Release) -> None:
    wide.page.select_option("#f-state", "")
    wide.page.select_option("#f-available", "0")
    wide.page.fill("#f-lcoe", "")
    for name in ("speed", "cost", "reliability", "resilience", "carbon"):
        set_slider(wide, name, 0)
    if wide.page.locator("#more-rows").count():
        wide.page.click("#more-rows")
    # All score nothing: what is left is whether the target is met, then the names.
    named = release.query(
        "select region_id || '|' || stack_id as site from ranked_sites order by is_target_met desc, region_id, stack_id"
    )
    assert ranked(wide) == named["site"].to_list()
    with pytest.raises(UsageError, match="one of them above 0"):
        release.query("select * from rank_sites(speed := 0, cost := 0, reliability := 0, resilience := 0, carbon := 0)")


def test_published_weights_bring_back_the_published_order(wide: Opened, release: Release) -> None:
    for selector, value in (("#f-state", ""), ("#f-available", "0")):
        wide.page.select_option(selector, value)
    wide.page.fill("#f-lcoe", "")
    set_slider(wide, "carbon", 100)
    wide.page.click("#w-reset")
    expected = release.query("select region_id || '|' || stack_id as site from ranked_sites order by rank limit 25")
    assert ranked(wide) == expected["site"].to_list()


def test_stacks_go_by_their_own_labels_also_where_their_units_have_the_same_id(wide: Opened, release: Release) -> None:
    wide.page.select_option("#s-region", "abilene_tx")
    shown = wide.page.locator("#s-stack option").evaluate_all(
        "options => options.map((option) => [option.value, option.textContent.split(' (rank')[0]])"
    )
    labels = dict(release.query("select stack_id, label from stacks").iter_rows())
    assert dict(shown) == {stack: labels[stack] for stack, _ in shown}
    assert labels["fuel_cell"] == "stack fuel_cell"


def test_choosing_a_site_changes_its_charts_and_the_week_moves(wide: Opened) -> None:
    def chart(name: str) -> str:
        return wide.page.locator(f"#{name}-chart").inner_html()

    def wait_for_change(name: str, before: str) -> None:
        wait_until(
            wide,
            "([name, before]) => { const now = document.getElementById(name + '-chart').innerHTML;"
            " return Boolean(now) && now !== before; }",
            [name, before],
        )

    wide.page.select_option("#s-region", "abilene_tx")
    wide.page.select_option("#s-stack", "gas_recip")
    see(wide, "site")
    before = {name: chart(name) for name in ("gantt", "waterfall", "months", "week")}
    wide.page.select_option("#s-stack", "solar_bess_gas")
    for name in ("waterfall", "months", "week"):
        wait_for_change(name, before[name])
    words = wide.page.locator("#week-sub").inner_text()
    week = chart("week")
    wide.page.click("[data-slot=spring]")
    wait_for_change("week", week)
    assert wide.page.locator("#week-sub").inner_text() != words
    assert wide.page.locator("[data-slot=spring]").get_attribute("aria-pressed") == "true"
    assert "stack=solar_bess_gas" in wide.page.url
    assert wide.problems == []


def test_the_keyboard_reaches_a_site_from_the_table(wide: Opened) -> None:
    link = wide.page.locator("#ranking-rows button").nth(3)
    name = link.inner_text()
    link.focus()
    wide.page.keyboard.press("Enter")
    assert wide.page.locator("#site-verdict").inner_text().startswith(name)
    assert wide.page.evaluate("document.activeElement.id") == "s-region"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_violation_of_accessibility(browser: Any, release: Release, shots: Path, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    state = opened(browser, release, shots, viewport={"width": 1360, "height": 900}, color_scheme=scheme)
    for section in SECTIONS:
        see(state, section)
    state.shoot(f"{scheme}_end")
    found = axe.run(state.page).response["violations"]
    assert [
        (item["id"], item["nodes"][0]["html"][:200]) for item in found if item["impact"] in {"serious", "critical"}
    ] == []


def portfolio_tables() -> dict[str, pl.DataFrame]:
    """Return a portfolio whose nodes lose half at once in 4 % of years and its campus in 12 %."""
    strategies = {"nodes": (10, 0.04, 24), "campus": (1, 0.12, 30)}
    comparison = [
        {
            "strategy": name, "description": f"the strategy {name}", "sites": sites, "it_mw": 200.0,
            "first_mw_month": month, "full_mw_month": month + 10, "usable_mw_months": 5000.0 - month,
            "capex_usd_per_kw": 4000.0, "completion_probability": 1.0, "worst_single_loss_mw": 200.0 / sites,
            "worst_single_loss_frac": 1 / sites,
            "p_lose_50_frac": lost, "p_lose_100_frac": lost / 2, "unserved_mwh_mean": 900.0, "unserved_mwh_p99": 9000.0,
            "worst_event_type": "hurricane",
        }
        for name, (sites, lost, month) in strategies.items()
    ]  # fmt: skip
    resilience = [
        {
            "strategy": name, "event_type": event, "is_assumption": True, "events_per_year": 0.2,
            "p_lose_25_frac": 2 * lost, "p_lose_50_frac": lost, "p_lose_100_frac": lost / 2, "unserved_mwh_mean": 450.0,
        }
        for name, (_, lost, _) in strategies.items()
        for event in ("all_events", "hurricane", "gas_freeze")
    ]  # fmt: skip
    curve = [
        {"strategy": name, "month": month, "built_mw": float(built), "usable_mw": 0.99 * built}
        for name, (_, _, first) in strategies.items()
        for month in range(1, 61)
        for built in [min(200, max(0, 20 * (month - first)))]
    ]
    shadow = [
        {"strategy": name, "resource": "crews", "unit": "crews", "had": 5.0, "worth_mw_months": 100.0 + sites}
        for name, (sites, _, _) in strategies.items()
    ]
    sites = [
        {
            "strategy": name, "region_name": "Abilene", "state": "TX", "stack_id": "gas_recip", "site_mw": 20.0,
            "first_mw_months_p50": 24.0, "value_usd_per_mw": 9e6,
        }
        for name in strategies
    ]  # fmt: skip
    rows = {
        "portfolio_comparison": comparison,
        "portfolio_resilience": resilience,
        "buildout_curve": curve,
        "supply_shadow_prices": shadow,
        "portfolio_sites": sites,
    }
    return {name: pl.DataFrame(found) for name, found in rows.items()}


def test_nodes_stand_beside_the_campus_where_the_release_has_a_portfolio(
    browser: Any, release: Release, header: dict[str, str], data_dir: Path, shots: Path, tmp_path: Path
) -> None:
    (tmp_path / "parquet").mkdir()
    for path in (release.info.path / "parquet").iterdir():
        (tmp_path / "parquet" / path.name).symlink_to(path)
    for name, frame in portfolio_tables().items():
        place = tmp_path / "parquet" / f"{name}.parquet"
        place.unlink(missing_ok=True)
        frame.write_parquet(place)
    place = tmp_path / "page.html"
    place.write_bytes(build_page(tmp_path, header, Cache(data_dir / "cache").frame))
    state = opened(browser, place, shots, viewport={"width": 1360, "height": 900})
    see(state, "portfolio")
    state.shoot("light_portfolio")
    headline = state.page.locator("#resilience-headline").inner_text()
    assert "10 isolated nodes lose half of it at once in 4.0 % of years, one campus in 12.0 %" in headline
    assert "+110.0" in state.page.locator("#shadow-chart svg").inner_html()
    state.page.select_option("#p-strategy", "campus")
    wait_until(state, "() => document.querySelector('#shadow-chart').innerHTML.includes('+101.0')")
    assert state.problems == []


def test_a_narrow_screen_is_not_wider_than_itself(browser: Any, release: Release, shots: Path) -> None:
    state = opened(browser, release, shots, viewport={"width": 390, "height": 844}, color_scheme="dark", has_touch=True)
    for section in SECTIONS:
        see(state, section)
        state.shoot(f"narrow_{section}")
    assert state.page.evaluate("document.documentElement.scrollWidth") <= 390
    state.page.select_option("#s-region", "loudoun_va")
    assert state.page.locator("#site-verdict").inner_text().startswith("Loudoun County")
    assert state.problems == []


def test_served_over_loopback_any_week_can_be_shown(browser: Any, data_dir: Path) -> None:
    with make_server(data_dir, 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            page = browser.new_context().new_page()
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url))
            origin = f"http://127.0.0.1:{server.server_port}/"
            page.goto(f"{origin}#region=loudoun_va&stack=solar_bess_gas")
            page.wait_for_selector("#week-go")
            page.fill("#week-any", "9")
            page.click("#week-go")
            page.wait_for_selector("#week-sub >> text=Week 9 from 2025-02-26")
            page.fill("#week-any", "40")
            page.click("#week-go")
            page.wait_for_selector("#week-sub >> text=it has weeks 1 to 16")
            assert all(url.startswith(origin) or url.startswith("data:") for url in asked)
        finally:
            server.shutdown()
            thread.join()
