-- How many months does own power save against waiting for the grid, and what does it cost per MWh?
-- The quickest islanded stack that meets the target, beside the firm grid service of the same region.
with own as (
    select
        region_id,
        region_name,
        state,
        stack_id,
        first_mw_months_p50,
        lcoe_usd_per_mwh
    from ranked_sites
    where is_target_met and grid_mw = 0
    qualify row_number() over (partition by region_id order by first_mw_months_p50, lcoe_usd_per_mwh, stack_id) = 1
)

select
    own.region_id,
    own.region_name,
    own.state,
    own.stack_id as own_stack_id,
    own.first_mw_months_p50 as own_months,
    grid.first_mw_months_p50 as grid_months,
    grid.first_mw_months_p50 - own.first_mw_months_p50 as months_saved,
    own.lcoe_usd_per_mwh as own_lcoe_usd_per_mwh,
    grid.lcoe_usd_per_mwh as grid_lcoe_usd_per_mwh,
    own.lcoe_usd_per_mwh - grid.lcoe_usd_per_mwh as premium_usd_per_mwh,
    grid.completion_probability as grid_completion_probability
from own
inner join ranked_sites as grid on own.region_id = grid.region_id and grid.stack_id = 'grid'
order by months_saved desc, premium_usd_per_mwh, own.region_id
limit 25
