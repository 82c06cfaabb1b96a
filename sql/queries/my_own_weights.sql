-- How does the order change if speed counts three times as much as cost and carbon counts as much as cost?
-- rank_sites() takes weights (speed, cost, reliability, resilience, carbon, demand) and filters, such as state.
select
    weighted_rank,
    rank as value_rank,
    region_id,
    region_name,
    stack_id,
    weighted_score,
    first_mw_months_p50,
    lcoe_usd_per_mwh,
    co2_kg_per_mwh
from rank_sites(speed := 3, cost := 1, reliability := 1, carbon := 1, min_availability := 0.999)
order by weighted_rank
limit 20
