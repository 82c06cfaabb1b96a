// Inputs: prices, lead times, queues and weather as the night used them, each with its source.
function folded(title, make) {
  const box = el("details", { class: "panel wide" }, el("summary", {}, title));
  box.addEventListener("toggle", () => { if (box.open && box.children.length === 1) box.append(make()); });
  return box;
}

function queueRows(page) {
  const newest = (metric, region) => page.queue.filter((row) => row.queue_side === "generation" && row.metric === metric && row.region === region && known(row.mid)).sort((a, b) => (a.as_of < b.as_of ? 1 : -1))[0];
  const names = [...new Set(page.queue.filter((row) => row.metric === "share_withdrawn" && row.queue_side === "generation").map((row) => row.region))];
  const rows = [];
  for (const name of names) {
    const gone = newest("share_withdrawn", name), built = newest("share_operational_requests", name);
    if (!gone || !built) continue;
    const base = { region: name, cohort: gone.cohort, source: gone.source_title };
    rows.push({ ...base, outcome: "in operation", share: built.mid, order: 0 }, { ...base, outcome: "open", share: Math.max(0, 100 - built.mid - gone.mid), order: 1 }, { ...base, outcome: "withdrawn", share: gone.mid, order: 2 });
  }
  const by = new Map(rows.filter((row) => row.outcome === "in operation").map((row) => [row.region, row.share]));
  return rows.sort((a, b) => by.get(b.region) - by.get(a.region) || a.region.localeCompare(b.region, "en") || a.order - b.order);
}

function inputsSection(page) {
  const charts = Object.fromEntries(["gas", "leads", "queue", "temperature", "sun"].map((name) => [name, canvas(name + "-chart")]));
  const gasSub = el("p", { class: "sub" }), weatherSub = el("p", { class: "sub" });
  const leads = page.leads.filter((row) => row.unit === "months" && row.high > 0).sort((a, b) => b.mid - a.mid);

  function local() {
    const id = page.chosen.region;
    const name = place(page.bySite.get(id + "|" + page.chosen.stack));
    const region = page.regions.get(id);
    const gas = (page.gas.get(id) || []).flatMap((row) => [
      { year: row.year + "-01-01", series: "Henry Hub", price: row.henry_hub_usd_per_mmbtu }, { year: row.year + "-01-01", series: "Region", price: row.gas_price_usd_per_mmbtu }]);
    const paid = (page.fuel.get(id) || []).find((row) => row.fuel === "natural_gas");
    gasSub.textContent = `${name}: ${region?.gas_hub ? "hub " + region.gas_hub.replaceAll("_", " ") : "no hub, the state's retail average"}; path of ${paid?.source_title || "–"}. The basis is a judgement of about ±0.6 USD/MMBtu: regions whose gas differs by less are in no order.`;
    draw(charts.gas, "gas", gas);
    const weather = page.weather.get(id) || [];
    weatherSub.textContent = region ? `${name}: ${lower(label(region.weather_source))} weather${region.weather_station ? ", station " + region.weather_station : ""}.` : "";
    draw(charts.temperature, "temperature", weather.map((row) => ({ month: MONTHS[row.month - 1], low: row.temperature_min_c, mean: row.temperature_mean_c, high: row.temperature_max_c, text: `${number(row.temperature_min_c, 1)}, ${number(row.temperature_mean_c, 1)}, ${number(row.temperature_max_c, 1)} °C` })));
    draw(charts.sun, "sun", weather.map((row) => ({ month: MONTHS[row.month - 1], share: 100 * row.solar_capacity_frac, ghi: row.ghi_kwh_per_m2_day })));
  }

  let isReady = false;
  page.onSelect(() => { if (isReady) local(); });
  whenNear(byId("inputs"), () => {
    isReady = true;
    local();
    draw(charts.leads, "leads", leads.map((row) => ({ name: label(row.duration_id), low: row.low, mid: row.mid, high: row.high, kind: row.is_assumption ? "assumption" : "published", range: `${number(row.low, 1)}, ${number(row.mid, 1)}, ${number(row.high, 1)} months`, source: row.publisher, as_of: row.as_of || "–" })));
    draw(charts.queue, "queue", queueRows(page));
  });
  return [
    el("h2", { id: "h-inputs" }, "Inputs"),
    el("p", { class: "note" }, "What the night reckoned with. Prices and weather follow the chosen site."),
    el("div", { class: "grid" },
      figure("Price of natural gas", null, [gasSub, charts.gas]),
      figure("Generation queues by region", "Share of requests by what became of them; an indicator of congestion, not a wait for a load", charts.queue),
      figure("Weather: temperature", null, [weatherSub, charts.temperature]),
      figure("Weather: sun", "Mean output of single-axis tracking solar", charts.sun),
      figure("Lead times and durations", "Range and middle; orange ones are assumptions", charts.leads, { class: "panel wide" }),
      folded("Lead times with citations", () => table("Lead times and durations as used", [{ text: "Duration" }, { text: "Low", n: 1 }, { text: "Middle", n: 1 }, { text: "High", n: 1 }, { text: "Unit" }, { text: "Why this figure" }, { text: "Source" }],
        page.leads.map((row) => [label(row.duration_id), number(row.low, 1), number(row.mid, 1), number(row.high, 1), row.unit.replaceAll("_", " "), row.choice_reason || "", row.is_assumption ? el("span", {}, el("span", { class: "tag" }, "assumption"), " ", row.source_title || "") : cited(row)]))),
      folded("Queue statistics with citations", () => table("Queues as published", [{ text: "Region" }, { text: "Queue" }, { text: "Figure" }, { text: "Value", n: 1 }, { text: "Unit" }, { text: "Of" }, { text: "Source" }],
        page.queue.map((row) => [row.region, row.queue_side, label(row.metric), known(row.mid) ? number(row.mid, 1) : [row.low, row.high].filter(known).map((value) => number(value, 1)).join(" to ") || "–", row.unit.replaceAll("_", " "), row.cohort || "", cited(row)]))),
      folded("Assumptions and parameters", () => table("Every setting and parameter that results depend on", [{ text: "Name" }, { text: "Kind" }, { text: "Value", n: 1 }, { text: "Unit" }, { text: "Meaning" }, { text: "Source" }],
        page.assumptions.map((row) => [row.assumption_id, row.kind, row.value, row.unit.replaceAll("_", " "), row.meaning, row.source_title ? cited(row) : "–"]))),
      folded("Sources and licences", () => table("Every source", [{ text: "Source" }, { text: "Licence" }, { text: "Used in" }],
        page.sources.map((row) => [cited(row), row.licence || "–", (row.used_in || "").replaceAll("_", " ")])))),
  ];
}
