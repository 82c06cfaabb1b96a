-- At what carbon price does the lowest-carbon stack that meets the target overtake the cheapest one?
-- USD per tonne; the extra cost of the cleaner stack divided by the CO2 it avoids.
with cheapest as (
    select
        region_id,
        region_name,
        stack_id,
        lcoe_usd_per_mwh,
        co2_kg_per_mwh
    from ranked_sites
    where is_target_met
    qualify row_number() over (partition by region_id order by lcoe_usd_per_mwh, stack_id) = 1
),

cleanest as (
    select
        region_id,
        stack_id,
        lcoe_usd_per_mwh,
        co2_kg_per_mwh
    from ranked_sites
    where is_target_met
    qualify row_number() over (partition by region_id order by co2_kg_per_mwh, lcoe_usd_per_mwh, stack_id) = 1
)

select
    cheapest.region_id,
    cheapest.region_name,
    cheapest.stack_id as cheapest_stack_id,
    cleanest.stack_id as cleanest_stack_id,
    cleanest.lcoe_usd_per_mwh - cheapest.lcoe_usd_per_mwh as extra_cost_usd_per_mwh,
    cheapest.co2_kg_per_mwh - cleanest.co2_kg_per_mwh as avoided_kg_per_mwh,
    1000 * (cleanest.lcoe_usd_per_mwh - cheapest.lcoe_usd_per_mwh)
    / nullif(cheapest.co2_kg_per_mwh - cleanest.co2_kg_per_mwh, 0) as break_even_usd_per_tonne
from cheapest
inner join cleanest on cheapest.region_id = cleanest.region_id
where cheapest.stack_id <> cleanest.stack_id
order by break_even_usd_per_tonne, cheapest.region_id
limit 25
