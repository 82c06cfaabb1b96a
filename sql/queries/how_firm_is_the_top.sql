-- How firm are the first places: how often is each row among the first ten when the inputs are drawn?
-- Ranks over the draws, and the rows that nothing beats in months, cost, availability and CO2 at once.
select
    rank,
    tie_id,
    region_id,
    stack_id,
    value_usd_per_mw,
    top10_frac,
    rank_p05,
    rank_p95,
    is_pareto
from ranked_sites
where rank <= 25
order by rank
