// Hours: the weeks that the page carries, and any week where the page is served by `firstmw serve`.
const SERIES = ["load_mw", "solar_mw", "discharge_mw", "grid_mw", "baseload_mw", "firm_mw", "unserved_mw", "charge_mw", "curtailed_mw", "soc_mwh"];
const NAMES = { solar_mw: "Solar", discharge_mw: "Battery", grid_mw: "Grid", baseload_mw: "Small reactor", firm_mw: "Firm units", unserved_mw: "Unserved", charge_mw: "Charging", load_mw: "Load" };
const ORDER = ["baseload_mw", "grid_mw", "firm_mw", "solar_mw", "discharge_mw", "unserved_mw", "charge_mw"];
const SLOTS = ["hardest", "winter", "spring", "summer", "autumn"];
const SLOT_TEXT = { hardest: "Hardest week", winter: "Winter", spring: "Spring", summer: "Summer", autumn: "Autumn" };
const LEVELS = 2000;
const HOURS = 168;

class Hours {
  constructor(index) {
    this.index = index;
    this.sites = new Map(index.sites.map(([region, stack], place) => [region + "|" + stack, place]));
  }

  // Where each stored week of a series begins: only weeks with something in them are stored.
  async load() {
    if (this.loading) return this.loading;
    this.loading = inflate("hours").then((bytes) => {
      this.bytes = bytes;
      this.planes = {};
      let offset = 0;
      for (const name of SERIES) {
        const scale = this.index.scales[name] || [];
        const at = new Int32Array(scale.length);
        let stored = 0;
        for (let row = 0; row < scale.length; row += 1) at[row] = scale[row] > 0 ? stored++ : -1;
        this.planes[name] = { low: offset, high: offset + stored * HOURS, at, scale };
        offset += 2 * stored * HOURS;
      }
    });
    return this.loading;
  }

  weeks(site) {
    const row = this.sites.get(site);
    return row === undefined ? null : { row, weeks: this.index.weeks[row], start: this.index.starts[row] };
  }

  series(row, slot) {
    const place = row * SLOTS.length + slot;
    return Object.fromEntries(SERIES.map((name) => {
      const plane = this.planes[name];
      const values = new Float64Array(HOURS);
      const stored = plane.at[place];
      if (stored >= 0) {
        let level = 0;
        for (let hour = 0; hour < HOURS; hour += 1) {
          const step = this.bytes[plane.low + stored * HOURS + hour] + 256 * this.bytes[plane.high + stored * HOURS + hour];
          level += step & 1 ? -(step + 1) / 2 : step / 2;
          values[hour] = (level / LEVELS) * plane.scale[place];
        }
      }
      return [name, values];
    }));
  }

  months(site) {
    const row = this.sites.get(site);
    if (row === undefined) return null;
    return Object.fromEntries(Object.entries(this.index.months).map(([name, values]) => [name, values.slice(row * 12, row * 12 + 12)]));
  }
}

const isServed = () => ["127.0.0.1", "localhost", "[::1]"].includes(location.hostname) && location.protocol === "http:";

function weekPanel(page) {
  const chart = canvas("week-chart"), battery = canvas("soc-chart");
  const buttons = el("div", { class: "buttons", role: "group", "aria-label": "Week" });
  const sub = el("p", { class: "sub", id: "week-sub", "aria-live": "polite" });
  const hint = el("p", { class: "note" });
  const any = el("input", { id: "week-any", type: "number", min: "1", max: "53", step: "1", style: "width:6em" });
  let slot = 0;
  let turn = 0;

  function paint(found, start, words) {
    const begin = Date.parse(start);
    const rows = [];
    const at = (hour) => begin + hour * 3600e3;
    const isUsed = (name) => Array.from(found[name]).some((value) => value > 1e-6);
    for (const [order, name] of ORDER.entries()) {
      if (!isUsed(name)) continue;
      const sign = name === "charge_mw" ? -1 : 1;
      for (let hour = 0; hour < found[name].length; hour += 1) rows.push({ hour: at(hour), series: NAMES[name], mw: sign * found[name][hour], order });
    }
    for (let hour = 0; hour < found.load_mw.length; hour += 1) rows.push({ hour: at(hour), series: "Load", mw: found.load_mw[hour], order: 99 });
    const total = (name) => Array.from(found[name]).reduce((sum, value) => sum + value, 0);
    sub.textContent = `${words}: load ${number(total("load_mw"))} MWh, solar ${percent(total("solar_mw") / total("load_mw"))}, firm units ${percent(total("firm_mw") / total("load_mw"))}, unserved ${number(total("unserved_mw"), 1)} MWh, curtailed ${number(total("curtailed_mw"))} MWh.`;
    const used = new Set(rows.map((row) => row.series));
    draw(chart, "week", rows, (spec) => keepUsed(spec.layer[0].encoding.color, used), `Dispatch by the hour, ${words}`);
    const hasBattery = isUsed("soc_mwh");
    battery.hidden = !hasBattery;
    if (hasBattery) draw(battery, "soc", Array.from(found.soc_mwh, (value, hour) => ({ hour: at(hour), mwh: value })), null, `Energy in the battery, ${words}`);
    else { drawn.get(battery)?.view?.finalize(); drawn.delete(battery); battery.replaceChildren(); }
  }

  async function show() {
    const mine = ++turn;
    const site = page.chosen.region + "|" + page.chosen.stack;
    const found = page.hours.weeks(site);
    buttons.replaceChildren();
    if (!found) { sub.textContent = "The hours of this pair are not in the release."; chart.replaceChildren(); battery.replaceChildren(); return; }
    if (!found.weeks[slot]) slot = found.weeks.findIndex((week) => week > 0);
    SLOTS.forEach((name, place) => {
      if (found.weeks[place]) buttons.append(el("button", { type: "button", "aria-pressed": place === slot ? "true" : "false", "data-slot": name, onclick: () => { slot = place; show(); } }, SLOT_TEXT[name]));
    });
    if (isServed()) buttons.append(labelled("Week ", any), el("button", { type: "button", id: "week-go", onclick: fetchWeek }, "Show week"));
    if (slot < 0) { sub.textContent = "No whole week of this pair is in the release."; return; }
    await page.hours.load();
    if (mine !== turn) return;
    const week = found.weeks[slot];
    any.value = week;
    const start = new Date(Date.parse(found.start) + (week - 1) * 7 * 864e5);
    paint(page.hours.series(found.row, slot), start.toISOString().slice(0, 10), `${SLOT_TEXT[SLOTS[slot]]}, week ${week} from ${start.toISOString().slice(0, 10)}`);
  }

  async function fetchWeek() {
    const mine = ++turn;
    const query = new URLSearchParams({ region: page.chosen.region, stack: page.chosen.stack, week: any.value });
    const answer = await fetch("/week?" + query).then((reply) => reply.json());
    if (mine !== turn) return;
    if (answer.error) { sub.textContent = answer.error; return; }
    for (const button of buttons.querySelectorAll("[aria-pressed]")) button.setAttribute("aria-pressed", "false");
    paint(answer.series, answer.start.slice(0, 10), `Week ${answer.week} from ${answer.start.slice(0, 10)}`);
  }

  hint.textContent = isServed()
    ? "Any week of the year can be asked for; the hours come from the release."
    : "The page carries the hardest week (most energy unserved, then least from solar) and one of each season; `firstmw serve` and `firstmw plot` show any week.";
  return { node: figure("Dispatch by the hour", null, [buttons, sub, chart, battery, hint], { class: "panel wide", id: "week-panel" }), show };
}

// The legend lists what is there; colours stay with their series.
function keepUsed(colour, used) {
  const pairs = colour.scale.domain.map((name, place) => [name, colour.scale.range[place]]).filter(([name]) => used.has(name));
  colour.scale.domain = pairs.map(([name]) => name);
  colour.scale.range = pairs.map(([, shade]) => shade);
}
