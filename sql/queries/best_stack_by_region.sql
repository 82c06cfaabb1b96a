-- Which stack is worth most in each region, and how far ahead of the second is it?
-- Lead in value per MW of IT over the region's second-best row; a lead below half a percent is a tie.
with placed as (
    select
        region_id,
        region_name,
        state,
        region_rank,
        stack_id,
        value_usd_per_mw,
        lcoe_usd_per_mwh,
        first_mw_months_p50,
        row_number() over in_region as place,
        lead(stack_id) over in_region as second_stack_id,
        lead(value_usd_per_mw) over in_region as second_value_usd_per_mw
    from ranked_sites
    window in_region as (partition by region_id order by rank)
)

select
    region_rank,
    region_id,
    region_name,
    state,
    stack_id,
    value_usd_per_mw,
    lcoe_usd_per_mwh,
    first_mw_months_p50,
    second_stack_id,
    value_usd_per_mw - second_value_usd_per_mw as lead_usd_per_mw,
    (value_usd_per_mw - second_value_usd_per_mw) / nullif(abs(value_usd_per_mw), 0) < 0.005 as is_tie
from placed
where place = 1
order by region_rank, region_id
