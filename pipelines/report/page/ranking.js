// The ranking: filters, own weights, order. The score and its order are those of the macro rank_sites.
const COMPONENTS = ["speed", "cost", "reliability", "resilience", "carbon"];

function weightedRows(sites, weights) {
  const scored = sites.map((site) => {
    // A row without sampled years has no resilience and is scored on its other parts.
    const parts = COMPONENTS.filter((name) => known(site[name + "_score"]));
    const total = parts.reduce((sum, name) => sum + weights[name], 0);
    return { site, score: total === 0 ? null : parts.reduce((sum, name) => sum + weights[name] * site[name + "_score"], 0) / total };
  });
  const text = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  scored.sort((a, b) => (b.site.is_eligible - a.site.is_eligible) || (b.site.is_target_met - a.site.is_target_met) || ((a.score === null) - (b.score === null)) || (a.score === null ? 0 : b.score - a.score)
    || text(a.site.region_id, b.site.region_id) || text(a.site.stack_id, b.site.stack_id));
  return scored.map((row, place) => ({ ...row, weighted: place + 1 }));
}

const COLUMNS = [
  { key: "shown", text: "Rank", n: 1, of: (row) => row.shown, cell: (row) => number(row.shown) },
  { key: "moved", text: "Moved", wide: 1, of: (row) => (known(row.site.previous_rank) ? row.site.rank - row.site.previous_rank : 0), cell: (row) => moved(row.site) },
  { key: "region", text: "Region", of: (row) => row.site.region_name, cell: null },
  { key: "stack", text: "Stack", of: (row) => label(row.site.stack_id), cell: (row) => label(row.site.stack_id) },
  { key: "iso", text: "Grid", wide: 1, of: (row) => row.site.iso, cell: (row) => row.site.iso },
  { key: "months", text: "First MW, months", n: 1, of: (row) => row.site.first_mw_months_p50, cell: (row) => number(row.site.first_mw_months_p50, 1) },
  { key: "range", text: "P10 to P90, 6 to 72 months", wide: 1, of: (row) => row.site.first_mw_months_p90, cell: (row) => span(row.site.first_mw_months_p10, row.site.first_mw_months_p50, row.site.first_mw_months_p90, 6, 72, `first MW in ${number(row.site.first_mw_months_p10)} to ${number(row.site.first_mw_months_p90)} months`) },
  { key: "lcoe", text: "LCOE, USD/MWh", n: 1, of: (row) => row.site.lcoe_usd_per_mwh, cell: (row) => number(row.site.lcoe_usd_per_mwh, 1) },
  { key: "available", text: "Energy served", n: 1, down: 1, of: (row) => row.site.availability_frac, cell: (row) => el("span", {}, available(row.site.availability_frac), row.site.is_target_met ? "" : el("span", { class: "tag bad" }, "below target"), row.site.is_eligible ? "" : el("span", { class: "tag bad" }, "ruled out")) },
  { key: "short", text: "Short, h/year", n: 1, of: (row) => row.site.lolh_hours_per_year, cell: (row) => number(row.site.lolh_hours_per_year) },
  { key: "co2", text: "CO₂, kg/MWh", n: 1, of: (row) => row.site.co2_kg_per_mwh, cell: (row) => number(row.site.co2_kg_per_mwh) },
  { key: "value", text: "Value, M USD/MW", n: 1, down: 1, of: (row) => row.site.value_usd_per_mw, cell: (row) => millions(row.site.value_usd_per_mw) },
  { key: "score", text: "Score", n: 1, down: 1, of: (row) => row.score, cell: (row) => number(row.score, 1) },
  { key: "interval", text: "Published rank, P5 to P95", wide: 1, of: (row) => row.site.rank_p95, cell: (row) => el("span", {}, span(row.site.rank_p05, row.site.rank, row.site.rank_p95, 1, row.count, `rank ${number(row.site.rank)}, between ${number(row.site.rank_p05)} and ${number(row.site.rank_p95)} in nine of ten draws of the inputs`), el("span", { class: "same" }, ` ${number(row.site.rank_p05)}–${number(row.site.rank_p95)}`)) },
];

function rankingSection(page) {
  const state = { order: "published", sort: "shown", isDown: false, limit: 25 };
  const published = Object.fromEntries(COMPONENTS.map((name) => [name, page.anchors.filter((row) => row.component === name).reduce((sum, row) => sum + row.weight, 0)]));
  const values = (of) => [...new Set(page.sites.map(of))].filter(Boolean).sort();
  const select = (id, all, items) => el("select", { id }, option("", all, ""), items.map(([value, text]) => option(value, text, "")));
  const search = el("input", { id: "f-text", type: "search", placeholder: "name or id", autocomplete: "off" });
  const byState = select("f-state", "All states", values((site) => site.state).map((item) => [item, item]));
  const byIso = select("f-iso", "All grids", values((site) => site.iso).map((item) => [item, item]));
  const byStack = select("f-stack", "All stacks", page.stacks.map((row) => [row.stack_id, label(row.stack_id)]));
  const least = el("select", { id: "f-available" }, [["0", "Any"], ["0.99", "99 %"], ["0.995", "99.5 %"], ["0.999", "99.9 %"], ["0.9995", "99.95 %"], ["0.9999", "99.99 %"]].map(([value, text]) => option(value, text, "0")));
  const dearest = el("input", { id: "f-lcoe", type: "number", min: "0", step: "5", inputmode: "decimal", placeholder: "no limit" });
  const best = el("input", { id: "f-best", type: "checkbox" });
  const order = el("select", { id: "f-order" }, option("published", "Value (published rank)", "published"), option("weights", "My weights (score)", "published"));
  const sliders = Object.fromEntries(COMPONENTS.map((name) => [name, el("input", { id: "w-" + name, type: "range", min: "0", max: "100", step: "1", value: Math.round(100 * published[name]) })]));
  const outputs = Object.fromEntries(COMPONENTS.map((name) => [name, el("output", { for: "w-" + name })]));
  const count = el("p", { class: "note", id: "ranking-count", "aria-live": "polite" });
  const body = el("tbody", { id: "ranking-rows" });
  const heads = new Map();
  const more = el("div", { class: "buttons" });
  const weights = () => Object.fromEntries(COMPONENTS.map((name) => [name, Number(sliders[name].value) / 100]));

  function filtered() {
    const words = search.value.trim().toLowerCase();
    const limit = dearest.value === "" ? Infinity : Number(dearest.value);
    return page.sites.filter((site) => (!byState.value || site.state === byState.value) && (!byIso.value || site.iso === byIso.value)
      && (!byStack.value || site.stack_id === byStack.value) && site.availability_frac >= Number(least.value) && site.lcoe_usd_per_mwh <= limit
      && (!best.checked || site.is_region_best) && (!words || (site.region_name + " " + site.state + " " + site.region_id).toLowerCase().includes(words)));
  }

  function rows() {
    const scored = weightedRows(filtered(), weights());
    const mine = order.value === "weights";
    for (const row of scored) { row.shown = mine ? row.weighted : row.site.rank; row.count = page.release.pairs; }
    const column = COLUMNS.find((item) => item.key === state.sort);
    const turn = state.isDown ? -1 : 1;
    const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b, "en") : a - b);
    return scored.sort((a, b) => turn * compare(column.of(a), column.of(b)) || a.shown - b.shown);
  }

  function show() {
    const all = rows();
    const sum = COMPONENTS.reduce((total, name) => total + Number(sliders[name].value), 0);
    for (const name of COMPONENTS) outputs[name].textContent = sum ? percent(Number(sliders[name].value) / sum) : "0 %";
    const shown = all.slice(0, state.limit);
    body.replaceChildren(...shown.map((row) => {
      const name = el("button", { type: "button", class: "link", onclick: () => page.select(row.site.region_id, row.site.stack_id, true) }, place(row.site));
      const isOn = row.site.region_id === page.chosen.region && row.site.stack_id === page.chosen.stack;
      return el("tr", { class: isOn ? "on" : null, "data-site": pair(row.site) }, COLUMNS.map((column) => (column.cell
        ? el("td", { class: [column.n ? "n" : "", column.wide ? "wide-only" : ""].join(" ").trim() || null }, column.cell(row))
        : el("th", { scope: "row" }, name))));
    }));
    for (const [key, head] of heads) head.setAttribute("aria-sort", key === state.sort ? (state.isDown ? "descending" : "ascending") : "none");
    count.textContent = `${number(all.length)} of ${number(page.sites.length)} pairs of region and stack, ${number(Math.min(all.length, state.limit))} shown` + (order.value === "weights" ? ", ranked among these by your weights; rows that meet the availability target come first." : ", in the published order of value.");
    more.replaceChildren();
    if (all.length > state.limit) more.append(el("button", { type: "button", id: "more-rows", onclick: () => { state.limit += 100; show(); } }, "Show 100 more"));
    if (state.limit > 25) more.append(el("button", { type: "button", onclick: () => { state.limit = 25; show(); } }, "Show 25"));
  }

  for (const control of [search, byState, byIso, byStack, least, dearest, best, order]) control.addEventListener("input", () => { state.limit = 25; show(); });
  for (const slider of Object.values(sliders)) slider.addEventListener("input", () => { order.value = "weights"; state.sort = "shown"; state.isDown = false; show(); });
  const reset = el("button", { type: "button", id: "w-reset", onclick: () => { for (const name of COMPONENTS) sliders[name].value = Math.round(100 * published[name]); order.value = "published"; state.sort = "shown"; state.isDown = false; show(); } }, "Published weights");
  const head = el("tr", {}, COLUMNS.map((column) => {
    const cell = el("th", { scope: "col", class: [column.n ? "n" : "", column.wide ? "wide-only" : ""].join(" ").trim() || null }, el("button", { type: "button", onclick: () => {
      state.isDown = state.sort === column.key ? !state.isDown : Boolean(column.down);
      state.sort = column.key;
      show();
    } }, column.text));
    heads.set(column.key, cell);
    return cell;
  }));
  page.onSelect(show);
  show();
  return [
    el("h2", { id: "h-ranking" }, "Ranking"),
    el("p", { class: "note" }, "The published order is value: discounted margin per planned megawatt of IT, where earlier, cheaper and more available power counts in dollars. Move a weight to rank by your own mix of five scores instead; it is the formula of the SQL macro rank_sites. Energy served counts megawatt-hours, outages included; Short is the hours of a year in which any load is not served."),
    page.sites.length < page.release.pairs ? el("p", { class: "banner", id: "cut" }, `Of ${number(page.release.pairs)} pairs of region and stack the page carries ${number(page.sites.length)}: every stack of the best ${number(page.release.detail_regions)} regions, and the best stack of each other. All of them: firstmw rank, or ranked_sites in SQL.`) : null,
    el("div", { class: "sliders", role: "group", "aria-label": "Weights" }, COMPONENTS.map((name) => el("label", { class: "slider" }, el("span", {}, label(name), outputs[name]), sliders[name])), reset),
    el("div", { class: "controls" }, labelled("Order", order), labelled("Find", search), labelled("State", byState), labelled("Grid", byIso), labelled("Stack", byStack), labelled("Energy served at least", least), labelled("LCOE at most, USD/MWh", dearest), el("label", { class: "check" }, best, "Best stack of each region only")),
    count,
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Ranking table" }, el("table", { id: "ranking-table" }, el("thead", {}, head), body)),
    more,
  ];
}
