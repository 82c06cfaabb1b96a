// One site: why this rank, the timeline, the stack, the hours, the cost, the outages, and where each figure comes from.
function stackWords(site) {
  const parts = [];
  if (site.solar_mw > 0) parts.push(`${number(site.solar_mw, 0)} MW solar`);
  if (site.bess_mwh > 0) parts.push(`${number(site.bess_mw, 1)} MW / ${number(site.bess_mwh, 0)} MWh battery`);
  if (site.reserve_mw > 0) parts.push(`${number(site.reserve_mw, 1)} MW / ${number(site.reserve_mwh, 1)} MWh ride-through battery`);
  if (site.grid_mw > 0) parts.push(`${number(site.grid_mw, 1)} MW grid service`);
  if (site.baseload_units > 0) parts.push(`${site.baseload_units} × ${number(site.baseload_unit_mw, 1)} MW ${lower(label(site.baseload_technology))}`);
  if (site.firm_units > 0) parts.push(`${site.firm_units} × ${number(site.firm_unit_mw, 2)} MW ${lower(label(site.firm_technology))}`);
  return parts.join(", ") || "nothing on site";
}

// Value is years online x yearly net, and net is availability x (margin - power) - restarts: each part is its own change
// times the mean of the others, so that the three sum to the difference (as in the macro explain_site).
function valueParts(here, middle) {
  const mean = (of) => (of(here) + of(middle)) / 2;
  const gross = (site) => (site.net_usd_per_mw_year + site.restart_usd_per_mw_year) / site.online_availability_frac;
  const years = mean((site) => site.online_years_discounted);
  return [
    ["Sooner or later power", (here.online_years_discounted - middle.online_years_discounted) * mean((site) => site.net_usd_per_mw_year)],
    ["Cheaper or dearer power", -(here.power_usd_per_mw_year - middle.power_usd_per_mw_year) * mean((site) => site.online_availability_frac) * years],
    ["More or less energy served", ((here.online_availability_frac - middle.online_availability_frac) * mean(gross) - (here.restart_usd_per_mw_year - middle.restart_usd_per_mw_year)) * years],
  ];
}

function facts(rows) { return el("dl", { class: "facts" }, rows.filter(Boolean).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])); }

function siteSection(page) {
  const regions = page.byRank.filter((site) => site.is_region_best).sort((a, b) => a.region_rank - b.region_rank);
  const region = el("select", { id: "s-region" }, [...regions].sort((a, b) => place(a).localeCompare(place(b), "en")).map((site) => option(site.region_id, place(site), page.chosen.region)));
  const stack = el("select", { id: "s-stack" });
  const head = el("div", { id: "site-head" }), verdict = el("p", { class: "lead", id: "site-verdict" });
  const parts = { stack: el("div"), sources: el("div", { id: "site-sources" }) };
  const charts = Object.fromEntries(["why", "gantt", "energisation", "waterfall", "months", "causes"].map((name) => [name, canvas(name + "-chart")]));
  const gantt = el("p", { class: "sub" }), whySub = el("p", { class: "sub" }), causesSub = el("p", { class: "sub" });
  const week = weekPanel(page);
  const best = regions.filter((site) => site.is_region_best);
  const middle = best.find((site) => site.region_rank === Math.floor((best.length + 1) / 2)) || best[0];

  region.addEventListener("input", () => page.select(region.value, null, false));
  stack.addEventListener("input", () => page.select(region.value, stack.value, false));

  function show() {
    const key = page.chosen.region + "|" + page.chosen.stack;
    const site = page.bySite.get(key);
    region.value = site.region_id;
    const mine = page.sites.filter((row) => row.region_id === site.region_id).sort((a, b) => a.rank - b.rank);
    stack.replaceChildren(...mine.map((row) => option(row.stack_id, `${label(row.stack_id)} (rank ${number(row.rank)})`, site.stack_id)));
    stack.value = site.stack_id;
    const time = page.time.get(key), adequacy = page.adequacy.get(key);
    verdict.textContent = `${place(site)} on ${lower(label(site.stack_id))}: rank ${number(site.rank)} of ${number(page.release.pairs)}` + (site.is_region_best ? `, region ${number(site.region_rank)} of ${number(best.length)}` : ", not this region's best stack") + `. Nine of ten draws of the inputs put it between rank ${number(site.rank_p05)} and ${number(site.rank_p95)}.`;
    const ties = page.sites.filter((row) => row.tie_id === site.tie_id).length - 1;
    if (ties > 0) verdict.textContent += ` Its value is a tie with ${plural(ties, "other row", "other rows")}.`;
    const card = (what, big, unit, more) => el("li", { class: "card" }, el("p", { class: "what" }, what), el("p", { class: "big" }, big, " ", el("small", {}, unit)), el("p", { class: "sub" }, more));
    head.replaceChildren(el("ul", { class: "cards six" },
      card("First megawatt", number(site.first_mw_months_p50, 1), "months, P50", `P10 ${number(site.first_mw_months_p10, 1)}, P90 ${number(site.first_mw_months_p90, 1)}; by month 24: ${percent(site.p_first_mw_24_months)}`),
      card("All megawatts", number(site.full_mw_months_p50, 1), "months, P50", time ? `P10 ${number(time.full_mw_months_p10, 1)}, P90 ${number(time.full_mw_months_p90, 1)}` : ""),
      card("LCOE", number(site.lcoe_usd_per_mwh, 1), "USD/MWh", `real, after tax; ${number(site.capex_usd_per_kw)} USD/kW of IT`),
      card("Energy served", available(site.availability_frac).replace(" %", ""), "%", `${number(site.lolh_hours_per_year, 0)} h a year not fully served${adequacy && known(adequacy.mc_lole_events_per_year) ? `, in ${number(adequacy.mc_lole_events_per_year, 1)} events, the longest ${number(adequacy.mc_longest_outage_hours)} h` : ""}; ${site.is_target_met ? "target met" : "below target"}`),
      card("CO₂", number(site.co2_kg_per_mwh), "kg/MWh", `${percent(site.renewable_frac)} solar`),
      card("Value", millions(site.value_usd_per_mw), "M USD/MW", `score ${number(site.score, 1)} of 100`)));

    whySub.textContent = `Against the median site, ${place(middle)} on ${lower(label(middle.stack_id))} (region rank ${number(middle.region_rank)}): ${signed((site.value_usd_per_mw - middle.value_usd_per_mw) / 1e6, 2)} M USD per MW of IT. The bars sum to it.`;
    draw(charts.why, "why", valueParts(site, middle).map(([part, value]) => ({ part, value: value / 1e6, sign: value < 0 ? "less" : "more", text: signed(value / 1e6, 2) })), null, whySub.textContent);
    timeline(page, site, charts.gantt, gantt);

    const modules = page.energisation.get(key) || [];
    const curve = modules.map((row) => ({ mw: row.online_mw, month: row.energised_months_p50, low: row.energised_months_p10, high: row.energised_months_p90, text: `P10 ${number(row.energised_months_p10, 1)}, P50 ${number(row.energised_months_p50, 1)}, P90 ${number(row.energised_months_p90, 1)} months` }));
    draw(charts.energisation, "energisation", curve);

    const costs = page.costs.get(key) || [];
    let sum = 0;
    const steps = costs.map((row) => { const from = sum; sum += row.cost_usd_per_mwh; return { part: label(row.component), from, to: sum, end: Math.max(from, sum), kind: row.cost_usd_per_mwh < 0 ? "takes away" : "adds", text: signed(row.cost_usd_per_mwh, 1) }; });
    if (steps.length) steps.push({ part: "LCOE", from: 0, to: site.lcoe_usd_per_mwh, end: site.lcoe_usd_per_mwh, kind: "total", text: number(site.lcoe_usd_per_mwh, 1) });
    draw(charts.waterfall, "waterfall", steps, (spec) => {
      keepUsed(spec.layer[0].encoding.color, new Set(steps.map((row) => row.kind)));
      spec.layer[0].encoding.x.scale = { domainMax: 1.12 * Math.max(...steps.map((row) => row.end)) };
    });

    const energy = page.hours.months(key);
    const names = { baseload: "Small reactor", grid: "Grid", firm: "Firm units", solar: "Solar", discharge: "Battery", unserved: "Unserved", curtailed: "Curtailed" };
    const bars = energy ? Object.keys(names).filter((name) => energy[name]?.some((value) => value > 0)).flatMap((name, order) => energy[name].map((value, month) => ({ month: MONTHS[month], series: names[name], gwh: value / 1000, order }))) : [];
    draw(charts.months, "months", bars, (spec) => keepUsed(spec.encoding.color, new Set(bars.map((row) => row.series))));

    const causes = [...(page.causes.get(key) || [])].sort((a, b) => b.lost_hours_per_year - a.lost_hours_per_year).map((row) => ({ cause: label(row.cause), hours: row.lost_hours_per_year, text: `${number(row.lost_hours_per_year, 2)} h (${number(row.eue_mwh_per_year, 1)} MWh)` }));
    causesSub.textContent = adequacy ? `Expected ${number(adequacy.eue_mwh_per_year)} MWh unserved a year, ${number(adequacy.interruptions_per_year, 1)} interruptions of the whole site; in sampled years ${number(adequacy.mc_lole_events_per_year, 1)} events a year, the longest ${number(adequacy.mc_longest_outage_hours)} h.` : "";
    draw(charts.causes, "causes", causes, (spec) => { spec.encoding.x.scale.domainMax = 1.35 * Math.max(0.01, ...causes.map((row) => row.hours)); });

    parts.stack.replaceChildren(facts([
      ["Made of", stackWords(site)], ["Design", site.design_id], ["What it is", page.stackText.get(site.stack_id) || "–"],
      ["Firm units to spare", adequacy && known(adequacy.spare_units) ? number(adequacy.spare_units) : "–"],
      adequacy && known(adequacy.survives_8h_frac) ? [`Rides through a loss of ${lower(label(adequacy.survival_of))}`, `${percent(adequacy.survives_1h_frac)} of the times for 1 h, ${percent(adequacy.survives_8h_frac)} for 8 h, ${percent(adequacy.survives_24h_frac)} for 24 h`] : null,
      ["Gas price", `${number(site.gas_price_usd_per_mmbtu, 2)} USD/MMBtu`], ["Grid power", `${number(site.power_price_usd_per_mwh, 0)} USD/MWh`],
      ["First MW by way of buying, P50 (P10 to P90)", (page.postures.get(key) || []).map((row) => `${lower(label(row.posture))} ${number(row.first_mw_months_p50, 1)} (${number(row.first_mw_months_p10, 1)} to ${number(row.first_mw_months_p90, 1)})`).join("; ") || "–"],
      ["Probability of first MW", time ? `by month 12: ${percent(time.p_first_mw_12_months)}, 24: ${percent(time.p_first_mw_24_months)}, 36: ${percent(time.p_first_mw_36_months)}, 60: ${percent(time.p_first_mw_60_months)}` : "–"],
    ]));
    sourcesOf(page, site, parts.sources);
    week.show();
  }

  page.onSelect(() => { if (show.isReady) show(); });
  whenNear(byId("site"), () => { show.isReady = true; show(); });
  return [
    el("h2", { id: "h-site" }, "A site"),
    el("div", { class: "controls" }, labelled("Region", region), labelled("Stack", stack)),
    verdict, head,
    el("div", { class: "grid" },
      figure("Why this rank", null, [whySub, charts.why]),
      figure("The stack", null, parts.stack),
      figure("Timeline to the first module", null, [gantt, charts.gantt], { class: "panel wide" }),
      figure("Megawatts energised, module by module", "Each module at its P50 month, P10 to P90 as a line", charts.energisation, { class: "panel wide" }),
      week.node,
      figure("Cost, part by part", "Levelised, real, after tax, per MWh served", charts.waterfall),
      figure("Energy by month", "With every unit in service", charts.months),
      figure("What goes unserved, by cause", null, [causesSub, charts.causes]),
      figure("Sources of these figures", null, parts.sources)),
  ];
}

function timeline(page, site, chart, sub) {
  const path = page.path.get(pair(site)) || [];
  const rows = path.filter((row) => row.finish_months_p50 - row.start_months_p50 > 0.01).sort((a, b) => a.start_months_p50 - b.start_months_p50 || a.activity_order - b.activity_order).map((row) => ({
    activity: label(row.activity), description: row.description, start: row.start_months_p50, finish: row.finish_months_p50,
    low: row.finish_months_p10, high: row.finish_months_p90, after: row.predecessors.split(";").filter(Boolean).map((name) => lower(label(name.trim()))).join(", ") || "the start", is_critical: row.is_critical, on_path: row.on_critical_path_frac,
    when: `${number(row.start_months_p50, 1)} to ${number(row.finish_months_p50, 1)} (P10 ${number(row.finish_months_p10, 1)}, P90 ${number(row.finish_months_p90, 1)})`, path_text: percent(row.on_critical_path_frac) + " of draws", saved: months(row.months_saved_if_free), source: row.source, is_milestone: false,
  }));
  if (rows.length) {
    rows.push({ activity: "First module live", description: "", start: site.first_mw_months_p50, finish: site.first_mw_months_p50, low: site.first_mw_months_p10, high: site.first_mw_months_p90, on_path: 1, when: `P10 ${number(site.first_mw_months_p10, 1)}, P50 ${number(site.first_mw_months_p50, 1)}, P90 ${number(site.first_mw_months_p90, 1)}`, path_text: "", saved: "", source: "", is_milestone: true });
    const time = page.time.get(pair(site));
    if (time) rows.push({ activity: "All modules live", description: "", start: time.full_mw_months_p50, finish: time.full_mw_months_p50, low: time.full_mw_months_p10, high: time.full_mw_months_p90, on_path: 1, when: `P10 ${number(time.full_mw_months_p10, 1)}, P50 ${number(time.full_mw_months_p50, 1)}, P90 ${number(time.full_mw_months_p90, 1)}`, path_text: "", saved: "", source: "", is_milestone: true });
  }
  const longest = [...path].sort((a, b) => b.criticality_frac - a.criticality_frac).slice(0, 3).filter((row) => row.criticality_frac > 0);
  sub.textContent = longest.length ? "Holding it up: " + longest.map((row) => `${lower(label(row.activity))} (${percent(row.criticality_frac)} of the months on the critical path)`).join(", ") + ". Bars run from P50 start to P50 finish, outlined on the chain that decides most often; whiskers are P10 and P90 of the finish, diamonds milestones at P50." : "The release carries no schedule for this pair.";
  draw(chart, "gantt", rows);
}

function sourcesOf(page, site, node) {
  const region = page.regions.get(site.region_id);
  const rows = [];
  if (region) {
    rows.push(["The region", cited(region)]);
    rows.push(["Weather", `${label(region.weather_source)}${region.weather_station ? ", station " + region.weather_station : ""}${known(region.weather_distance_km) ? `, ${number(region.weather_distance_km)} km away` : ""}`]);
    const stops = [["stopped by ", region.blocked_by], ["said to be stopped, on one listing, by ", region.alleged_stop], ["stopped inside city limits by ", region.municipal_stops]].filter(([, what]) => what).map(([how, what]) => how + what);
    rows.push(["Permission", stops.join("; ") || "no stop listed, which is no proof that there is none"]);
    rows.push(["Gas and air", `${known(region.share_area_gas_8km) ? percent(region.share_area_gas_8km) + " of the county within 8 km of a gas line" : "gas lines unknown"}; ozone ${region.ozone_effective_class || "class unknown"}${known(region.nox_major_tpy) ? `, a major source from ${number(region.nox_major_tpy)} short tons of NOx a year` : ""}`]);
    rows.push(["Not known here", [["gas pipe distance", region.gas_pipe_distance_km], ["air-quality status", region.is_nonattainment], ["land price", region.land_usd_per_acre]].filter(([, value]) => value === null).map(([name]) => name).join(", ") || "nothing"]);
  }
  for (const price of page.fuel.get(site.region_id) || []) {
    const used = price.fuel === "natural_gas" ? site.firm_units > 0 && !site.firm_technology.startsWith("diesel") : price.fuel === "grid_power" ? site.grid_mw > 0 : price.fuel === "diesel" ? site.firm_technology.startsWith("diesel") : price.fuel === "uranium" ? site.baseload_units > 0 : true;
    if (used) rows.push([label(price.fuel), el("span", {}, `${number(price.level_price, 2)} ${price.unit} over the project, ${number(price.spot_price, 2)} tonight${price.carbon_level_price > 0 ? `, ${number(price.carbon_level_price, 2)} of carbon on top where the rule covers the plant` : ""}, `, cited(price), price.is_assumption ? " " : "", price.is_assumption ? el("span", { class: "tag" }, "assumption") : "")]);
  }
  const path = (page.path.get(pair(site)) || []).filter((row) => row.on_critical_path_frac > 0).sort((a, b) => b.criticality_frac - a.criticality_frac);
  for (const row of path.slice(0, 8)) rows.push([label(row.activity), row.source]);
  node.replaceChildren(facts(rows), el("p", { class: "note" }, "Costs, outage rates and every other parameter with its citation: the tables of assumptions and sources under Inputs."));
}
