-- How is the gas of each stack secured, and what would the other ways cost?
-- Medians over the regions; changes are against interruptible gas.
select
    stack_id,
    fuel_service,
    count(*) filter (where is_chosen) as chosen_regions,
    count(*) filter (where is_target_met) as regions_that_meet_the_target,
    median(fuel_service_usd_per_mwh) as median_service_usd_per_mwh,
    median(lcoe_change_usd_per_mwh) as median_lcoe_change_usd_per_mwh,
    median(availability_frac) as median_availability_frac,
    count(*) filter (where firm_units_change < 0) as regions_that_save_units
from fuel_services
group by stack_id, fuel_service
order by stack_id, chosen_regions desc, fuel_service
