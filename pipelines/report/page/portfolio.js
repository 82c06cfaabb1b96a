// Many nodes against one campus: shown where the release has the tables.
const STRATEGIES = { nodes: "Isolated nodes", nodes_by_value: "Nodes by value", regional: "Regional sites", campus: "One campus", campus_grid: "Campus on the grid" };
const strategyName = (id) => (Object.hasOwn(STRATEGIES, id) ? STRATEGIES[id] : label(id));
const strategyOrder = (id) => { const place = Object.keys(STRATEGIES).indexOf(id); return place < 0 ? 99 : place; };

function resilienceHeadline(page) {
  const nodes = page.comparison.find((row) => row.strategy === "nodes"), campus = page.comparison.find((row) => row.strategy === "campus");
  if (!nodes || !campus) return null;
  const first = (row) => (known(row.first_mw_month) ? `first module in month ${number(row.first_mw_month)}` : "no module within the plan");
  return el("p", { class: "lead", id: "resilience-headline" },
    `Who keeps running: ${number(nodes.it_mw)} MW as ${plural(nodes.sites, "isolated node", "isolated nodes")} lose half of it at once in ${percent(nodes.p_lose_50_frac, 1)} of years, one campus in ${percent(campus.p_lose_50_frac, 1)}; all of it in ${percent(nodes.p_lose_100_frac, 1)} and ${percent(campus.p_lose_100_frac, 1)}. Nodes: ${first(nodes)}, ${number(nodes.usable_mw_months)} usable MW-months; campus: ${first(campus)}, ${number(campus.usable_mw_months)}.`);
}

function portfolioSection(page) {
  if (!page.comparison.length) return null;
  const charts = Object.fromEntries(["buildout", "exceedance", "events", "shadow"].map((name) => [name, canvas(name + "-chart")]));
  const rows = [...page.comparison].sort((a, b) => strategyOrder(a.strategy) - strategyOrder(b.strategy));
  const ids = rows.map((row) => row.strategy);
  const chosen = el("select", { id: "p-strategy" }, ids.map((id) => option(id, strategyName(id), "nodes")));
  const sites = el("p", { class: "sub", id: "portfolio-sites" });
  const only = (spec, shown) => {
    keepUsed(spec.encoding.color, shown);
    if (spec.encoding.strokeDash) keepUsed(spec.encoding.strokeDash, shown);
  };

  function shadows() {
    const own = page.shadow.filter((row) => row.strategy === chosen.value && row.worth_mw_months > 0.005).sort((a, b) => b.worth_mw_months - a.worth_mw_months)
      .map((row) => ({ resource: row.resource === "month" ? "All a month earlier" : row.unit === row.resource ? label(row.resource) : `${label(row.resource)}, ${row.unit}`, worth: row.worth_mw_months, text: "+" + number(row.worth_mw_months, 1), had: row.had > 0 ? `${number(row.had, 1)} ${row.unit}` : "–" }));
    draw(charts.shadow, "shadow", own, (spec) => { spec.encoding.x.scale.domainMax = 1.15 * Math.max(...own.map((row) => row.worth)); });
    const places = page.portfolioSites.filter((row) => row.strategy === chosen.value);
    sites.textContent = places.length ? `${strategyName(chosen.value)}: ` + places.slice(0, 12).map((row) => `${place(row)} (${number(row.site_mw)} MW, ${lower(label(row.stack_id))})`).join("; ") + (places.length > 12 ? `; and ${places.length - 12} more` : "") + "." : "";
  }

  chosen.addEventListener("input", shadows);
  whenNear(byId("portfolio"), () => {
    const shown = new Set(ids.map(strategyName));
    draw(charts.buildout, "buildout", page.buildout.map((row) => ({ strategy: strategyName(row.strategy), month: row.month, mw: row.usable_mw, built: row.built_mw })), (spec) => only(spec, shown));
    const all = page.resilience.filter((row) => row.event_type === "all_events");
    draw(charts.exceedance, "exceedance", all.flatMap((row) => [[25, row.p_lose_25_frac], [50, row.p_lose_50_frac], [100, row.p_lose_100_frac]].map(([share, probability]) => ({ strategy: strategyName(row.strategy), share, probability: 100 * probability }))), (spec) => only(spec, shown));
    const both = page.resilience.filter((row) => ["nodes", "campus"].includes(row.strategy) && row.event_type !== "all_events");
    const worst = [...grouped(both, (row) => row.event_type)].map(([event, own]) => [event, Math.max(...own.map((row) => row.unserved_mwh_mean))]).filter(([, most]) => most > 0.05).sort((a, b) => b[1] - a[1]).slice(0, 10);
    draw(charts.events, "events", worst.flatMap(([event]) => both.filter((row) => row.event_type === event).map((row) => ({ event: label(event), strategy: strategyName(row.strategy), mwh: row.unserved_mwh_mean, text: number(row.unserved_mwh_mean, 1) + " MWh", rate: number(row.events_per_year, 4), basis: row.is_assumption ? "assumption" : "published" }))), (spec) => only(spec, new Set(["Isolated nodes", "One campus"])));
    shadows();
  });
  return [
    el("h2", { id: "h-portfolio" }, "Portfolio and build-out"),
    el("p", { class: "note" }, "The same IT, equipment, crews and capital, spent in different ways. A year counts as lost where one event takes the share at once."),
    table("Strategies compared", [{ text: "Strategy" }, { text: "Sites", n: 1 }, { text: "First module, month", n: 1 }, { text: "All, month", n: 1 }, { text: "Usable MW-months", n: 1 }, { text: "Capital, USD/kW", n: 1 }, { text: "Completed", n: 1 }, { text: "Largest single loss", n: 1 }, { text: "Years that lose half", n: 1 }, { text: "Years that lose all", n: 1 }, { text: "Not served a year, MWh", n: 1 }, { text: "P99, MWh", n: 1 }],
      rows.map((row) => [el("span", { title: row.description }, strategyName(row.strategy)), number(row.sites), number(row.first_mw_month), number(row.full_mw_month), number(row.usable_mw_months), number(row.capex_usd_per_kw), percent(row.completion_probability), percent(row.worst_single_loss_frac), percent(row.p_lose_50_frac, 1), percent(row.p_lose_100_frac, 1), number(row.unserved_mwh_mean), number(row.unserved_mwh_p99)])),
    el("div", { class: "grid" },
      figure("Usable megawatts by month", "Availability and probability of completion counted", charts.buildout),
      figure("Lost capacity: how often at least so much", "All kinds of events together, at a quarter, half and all of the IT", charts.exceedance),
      figure("What the losses come from", "Nodes against campus, the ten kinds of event that cost most", charts.events),
      figure("What one more is worth", null, [el("div", { class: "controls" }, labelled("Strategy", chosen)), charts.shadow, sites])),
  ];
}
