// Today and the map.
function moved(site) {
  if (!known(site.previous_rank)) return el("span", { class: "same" }, site.previous_as_of_utc ? "new" : "–");
  const steps = site.previous_rank - site.rank;
  if (steps === 0) return el("span", { class: "same", title: "same rank as in the release before" }, "=");
  const words = (steps > 0 ? "up " : "down ") + Math.abs(steps);
  return el("span", { class: steps > 0 ? "up" : "down", title: words + " since the release before" }, (steps > 0 ? "▲ " : "▼ ") + Math.abs(steps));
}

function reason(site) {
  if (!site.moved_by || site.moved_by === "nothing") return "nothing moved";
  const parts = [label(site.moved_by)];
  if (site.movement) parts.push(site.movement);
  else if (known(site.value_change_usd_per_mw) && Math.abs(site.value_change_usd_per_mw) >= 500) parts.push(signed(site.value_change_usd_per_mw / 1e6, 3) + " M USD/MW");
  return parts.join(": ");
}

function statusBanner(page) {
  const stale = page.status.filter((row) => row.is_stale && row.profile !== "snapshot");
  const held = page.status.filter((row) => ["reference", "snapshot"].includes(row.profile));
  const words = stale.length
    ? `${plural(stale.length, "source is", "sources are")} stale: ${stale.map((row) => row.source_id).join(", ")}.`
    : held.length === page.status.length ? "All inputs are facts and snapshots kept with the product, not tonight's data." : "Every source that was asked answered.";
  const rest = held.length === page.status.length ? "" : ` ${held.length} of ${page.status.length} are facts and snapshots kept with the product; the others were fetched.`;
  return el("div", { class: stale.length ? "banner warn" : "banner", role: "status" },
    el("strong", {}, words), rest,
    ` ${page.release.ages}.`,
    el("details", {}, el("summary", {}, "Every source"),
      table("Sources of tonight's release", [{ text: "Source" }, { text: "Kind" }, { text: "Stale" }, { text: "Data through" }, { text: "Age, days", n: 1 }, { text: "Rows", n: 1 }, { text: "Rejected", n: 1 }, { text: "Note" }],
        page.status.map((row) => [row.source_id, label(row.profile), row.is_stale ? "stale" : "no", row.data_through_utc || "–", number(row.age_days), number(row.rows), number(row.rejects), row.note || ""]))));
}

function today(page) {
  const { sites } = page;
  const met = sites.filter((site) => site.is_target_met);
  const pool = met.length ? met : sites;
  const least = (of) => pool.reduce((best, site) => (of(site) < of(best) || (of(site) === of(best) && site.rank < best.rank) ? site : best));
  const first = page.byRank[0];
  const fastest = least((site) => site.first_mw_months_p50), cheapest = least((site) => site.lcoe_usd_per_mwh);
  const firm = least((site) => -site.availability_frac), clean = least((site) => site.co2_kg_per_mwh);
  const card = (what, big, unit, site) => el("li", { class: "card" }, el("p", { class: "what" }, what), el("p", { class: "big" }, big, " ", el("small", {}, unit)),
    el("button", { type: "button", class: "link", onclick: () => page.select(site.region_id, site.stack_id, true) }, place(site)), el("div", { class: "sub" }, label(site.stack_id)));
  const before = sites.find((site) => site.previous_as_of_utc)?.previous_as_of_utc;
  const movers = sites.filter((site) => known(site.previous_rank) && site.previous_rank !== site.rank);
  const changes = page.runChanges.filter((row) => !["as_of", "release"].includes(row.kind));
  const top = page.byRank.slice(0, 10);
  return [
    el("h2", { id: "h-today" }, "Today"),
    el("p", { class: "lead" }, `The best place tonight is ${place(first)} on ${lower(label(first.stack_id))}: first megawatt in ${number(first.first_mw_months_p50, 1)} months (${number(first.first_mw_months_p10)} to ${number(first.first_mw_months_p90)}), ${usd(first.lcoe_usd_per_mwh)}, ${available(first.availability_frac)} of its energy served (${number(first.lolh_hours_per_year)} h a year not fully). What holds it up is ${lower(label(first.critical_activity))}.`),
    resilienceHeadline(page),
    page.release.what_if?.length ? el("p", { class: "banner warn" }, el("strong", {}, "A what-if, not a night: "), page.release.what_if.join(", ") + ".") : null,
    page.release.part?.length ? el("p", { class: "banner warn" }, el("strong", {}, "A part, not all regions: "), page.release.part.join(", ") + ".") : null,
    statusBanner(page),
    el("ul", { class: "cards" },
      card("Fastest first megawatt", number(fastest.first_mw_months_p50, 1), "months, P50", fastest),
      card("Cheapest power", number(cheapest.lcoe_usd_per_mwh, 1), "USD/MWh", cheapest),
      card("Most energy served", available(firm.availability_frac).replace(" %", ""), "%", firm),
      card("Least carbon", number(clean.co2_kg_per_mwh), "kg CO₂/MWh", clean)),
    el("p", { class: "note" }, `Of ${number(sites.length)} region and stack pairs ${sites.length < page.release.pairs ? "that the page carries " : ""}${number(met.length)} reach their availability target; the four figures are of those.`),
    table(before ? `Top ten, and what moved since ${before}` : "Top ten", [{ text: "Rank", n: 1 }, { text: "Moved" }, { text: "Region" }, { text: "Stack" }, { text: "First MW, months", n: 1 }, { text: "LCOE, USD/MWh", n: 1 }, { text: "Energy served", n: 1 }, { text: "Short, h/year", n: 1 }, { text: "Value, M USD/MW", n: 1 }, { text: "Why it moved" }],
      top.map((site) => [number(site.rank), moved(site), el("button", { type: "button", class: "link", onclick: () => page.select(site.region_id, site.stack_id, true) }, place(site)), label(site.stack_id), number(site.first_mw_months_p50, 1), number(site.lcoe_usd_per_mwh, 1), available(site.availability_frac), number(site.lolh_hours_per_year), millions(site.value_usd_per_mw), before ? reason(site) : "first release"])),
    el("p", { class: "note" }, before
      ? `${plural(movers.length, "row has", "rows have")} another rank than in the release of ${before}. ` + (changes.length ? "Changed between the two: " + changes.slice(0, 8).map((row) => `${label(row.kind)} ${row.name}`).join("; ") + (changes.length > 8 ? "; and more" : "") + "." : "Inputs, settings and code are the same in both; only the date moved on.")
      : "There is no release before this one to compare with."),
    movers.length ? moves(page, movers) : null,
    el("p", { class: "note" }, "What separates regions here is price, climate, altitude, grid operator and state rules. Distance to a pipeline, land, water, local moratoria and air-quality status count only where they were given."),
  ];
}

function moves(page, movers) {
  const far = [...movers].sort((a, b) => Math.abs(b.previous_rank - b.rank) - Math.abs(a.previous_rank - a.rank) || a.rank - b.rank).slice(0, 20);
  return el("details", {}, el("summary", {}, "The rows that moved most"),
    table("Largest moves in rank", [{ text: "Moved" }, { text: "Rank", n: 1 }, { text: "Region" }, { text: "Stack" }, { text: "Change of value, M USD/MW", n: 1 }, { text: "Why" }],
      far.map((site) => [moved(site), number(site.rank), el("button", { type: "button", class: "link", onclick: () => page.select(site.region_id, site.stack_id, true) }, place(site)), label(site.stack_id), signed(site.value_change_usd_per_mw / 1e6, 3), reason(site)])));
}

// A fact of the region's place, times a factor; undefined where it is unknown.
function ofPlace(site, page, fact, factor = 1) {
  const value = page.regions.get(site.region_id)?.[fact];
  return known(value) ? factor * value : undefined;
}

const MEASURES = {
  region_rank: { text: "Rank of the region", unit: "rank", of: (site) => site.region_rank, low: true },
  months: { text: "Months to the first MW, P50", unit: "months", of: (site) => site.first_mw_months_p50, low: true },
  lcoe: { text: "LCOE", unit: "USD/MWh", of: (site) => site.lcoe_usd_per_mwh, low: true },
  short: { text: "Hours not fully served", unit: "h/year", of: (site) => site.lolh_hours_per_year, low: true },
  resilience: { text: "Resilience", unit: "0-100", of: (site) => site.resilience_score, low: false },
  co2: { text: "CO2", unit: "kg/MWh", of: (site) => site.co2_kg_per_mwh, low: true },
  value: { text: "Value", unit: "M USD per MW of IT", of: (site) => site.value_usd_per_mw / 1e6, low: false },
  solar: { text: "Solar capacity factor", unit: "%", of: (site, page) => 100 * page.regions.get(site.region_id)?.solar_capacity_factor_frac, low: false },
  permitted: { text: "Site permitted", unit: "1 yes, 0 stopped", of: (site) => (site.is_eligible ? 1 : 0), low: false },
  pipe: { text: "County within 8 km of a gas line", unit: "%", of: (site, page) => ofPlace(site, page, "share_area_gas_8km", 100), low: false },
  nox: { text: "Major source of NOx from", unit: "short ton/year", of: (site, page) => ofPlace(site, page, "nox_major_tpy"), low: false },
  substation: { text: "Distance to a 100 kV substation", unit: "km", of: (site, page) => ofPlace(site, page, "substation_100kv_nearest_km"), low: true },
  people: { text: "People within 250 km", unit: "million", of: (site, page) => ofPlace(site, page, "people_within_250km", 1e-6), low: false },
  gas: { text: "Gas price", unit: "USD/MMBtu", of: (site) => site.gas_price_usd_per_mmbtu, low: true },
};

function mapSection(page) {
  const measure = el("select", { id: "map-measure" }, Object.entries(MEASURES).map(([key, item]) => option(key, item.text, "value")));
  const stack = el("select", { id: "map-stack" }, option("", "Best of each region", ""), page.stacks.map((row) => option(row.stack_id, label(row.stack_id), "")));
  const chart = canvas("map-chart");
  const show = async () => {
    const item = MEASURES[measure.value];
    const chosen = page.sites.filter((site) => (stack.value ? site.stack_id === stack.value : site.is_region_best));
    const rows = chosen.map((site) => ({
      region_id: site.region_id, stack_id: site.stack_id, longitude: site.longitude, latitude: site.latitude, region: place(site), stack: label(site.stack_id),
      region_rank: site.region_rank, months: months(site.first_mw_months_p50), lcoe: usd(site.lcoe_usd_per_mwh), available: available(site.availability_frac),
      measure: item.of(site, page), is_selected: site.region_id === page.chosen.region,
    })).filter((row) => known(row.measure));
    const view = await draw(chart, "map", rows, (spec) => {
      spec.datasets = { states: page.outlines };
      spec.layer[0].data = { name: "states", format: { property: "features" } };
      spec.layer[1].encoding.color.scale.reverse = item.low;
      spec.layer[1].encoding.color.legend.title = `${item.text}, ${item.unit}`;
      if (innerWidth < 760) { spec.height = 270; spec.layer[1].mark.size = 60; }
    }, `Map of ${rows.length} regions coloured by ${item.text}, ${item.unit}`);
    view?.addEventListener("click", (event, mark) => { if (mark?.datum?.region_id) page.select(mark.datum.region_id, mark.datum.stack_id, true); });
  };
  measure.addEventListener("change", show);
  stack.addEventListener("change", show);
  page.onSelect(show);
  whenNear(byId("map"), show);
  return [
    el("h2", { id: "h-map" }, "Map"),
    el("p", { class: "note" }, "Each dot is a region; click one, or choose it in the list of the section A site, to see why it stands where it stands. Bright is better."),
    el("div", { class: "controls" }, labelled("Coloured by", measure), labelled("Stack", stack)),
    el("figure", { class: "panel" }, chart, el("figcaption", { class: "sub" }, "Outlines: U.S. Census Bureau, simplified.")),
  ];
}
