"""The page in a browser: nothing asked for, nothing wrong, and it does what its controls say."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipelines.report import PLACE
from pipelines.warehouse import Release

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


def opened(browser: Any, release: Release, shots: Path, **options: Any) -> Opened:
    context = browser.new_context(**options)
    page = context.new_page()
    state = Opened(page, shots)
    page.on("request", lambda request: state.requests.append(request.url))
    page.on("console", lambda message: state.problems.append(message.text))
    page.on("pageerror", lambda error: state.problems.append(str(error)))
    page.on("dialog", lambda dialog: (state.problems.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.goto((release.info.path / PLACE).as_uri())
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
        ({"speed": 40, "cost": 30, "reliability": 20, "carbon": 10}, {}),
        ({"speed": 0, "cost": 100, "reliability": 0, "carbon": 0}, {}),
        ({"speed": 13, "cost": 7, "reliability": 29, "carbon": 91}, {"state": "TX"}),
        ({"speed": 55, "cost": 45, "reliability": 100, "carbon": 3}, {"min_availability": "0.9995"}),
        ({"speed": 1, "cost": 1, "reliability": 0, "carbon": 0}, {"max_lcoe": "90"}),
        ({"speed": 0, "cost": 0, "reliability": 0, "carbon": 0}, {}),
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


def test_published_weights_bring_back_the_published_order(wide: Opened, release: Release) -> None:
    for selector, value in (("#f-state", ""), ("#f-available", "0")):
        wide.page.select_option(selector, value)
    wide.page.fill("#f-lcoe", "")
    set_slider(wide, "carbon", 100)
    wide.page.click("#w-reset")
    expected = release.query("select region_id || '|' || stack_id as site from ranked_sites order by rank limit 25")
    assert ranked(wide) == expected["site"].to_list()


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


def test_a_narrow_screen_is_not_wider_than_itself(browser: Any, release: Release, shots: Path) -> None:
    state = opened(browser, release, shots, viewport={"width": 390, "height": 844}, color_scheme="dark", has_touch=True)
    for section in SECTIONS:
        see(state, section)
        state.shoot(f"narrow_{section}")
    assert state.page.evaluate("document.documentElement.scrollWidth") <= 390
    state.page.select_option("#s-region", "loudoun_va")
    assert state.page.locator("#site-verdict").inner_text().startswith("Loudoun County")
    assert state.problems == []
