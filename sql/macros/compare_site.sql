-- A region's best row beside that of the median site, the one in the middle of the region ranking.
create or replace macro compare_site(region_id) as table
select
    here.region_id as here_region_id,
    here.stack_id as here_stack_id,
    here.region_rank as here_region_rank,
    here.speed_score as here_speed_score,
    here.cost_score as here_cost_score,
    here.reliability_score as here_reliability_score,
    here.carbon_score as here_carbon_score,
    here.first_mw_months_p50 as here_first_mw_months_p50,
    here.full_mw_months_p50 as here_full_mw_months_p50,
    here.usable_mw_months_60 as here_usable_mw_months_60,
    here.lcoe_usd_per_mwh as here_lcoe_usd_per_mwh,
    here.availability_frac as here_availability_frac,
    here.online_availability_frac as here_online_availability_frac,
    here.interruptions_per_year as here_interruptions_per_year,
    here.co2_kg_per_mwh as here_co2_kg_per_mwh,
    here.score as here_score,
    here.value_usd_per_mw as here_value_usd_per_mw,
    here.online_years_discounted as here_online_years_discounted,
    here.net_usd_per_mw_year as here_net_usd_per_mw_year,
    here.power_usd_per_mw_year as here_power_usd_per_mw_year,
    here.restart_usd_per_mw_year as here_restart_usd_per_mw_year,
    middle.region_id as middle_region_id,
    middle.stack_id as middle_stack_id,
    middle.region_rank as middle_region_rank,
    middle.speed_score as middle_speed_score,
    middle.cost_score as middle_cost_score,
    middle.reliability_score as middle_reliability_score,
    middle.carbon_score as middle_carbon_score,
    middle.first_mw_months_p50 as middle_first_mw_months_p50,
    middle.full_mw_months_p50 as middle_full_mw_months_p50,
    middle.usable_mw_months_60 as middle_usable_mw_months_60,
    middle.lcoe_usd_per_mwh as middle_lcoe_usd_per_mwh,
    middle.availability_frac as middle_availability_frac,
    middle.online_availability_frac as middle_online_availability_frac,
    middle.interruptions_per_year as middle_interruptions_per_year,
    middle.co2_kg_per_mwh as middle_co2_kg_per_mwh,
    middle.score as middle_score,
    middle.value_usd_per_mw as middle_value_usd_per_mw,
    middle.online_years_discounted as middle_online_years_discounted,
    middle.net_usd_per_mw_year as middle_net_usd_per_mw_year,
    middle.power_usd_per_mw_year as middle_power_usd_per_mw_year,
    middle.restart_usd_per_mw_year as middle_restart_usd_per_mw_year
from ranked_sites as here
cross join ranked_sites as middle
where
    here.is_region_best
    and here.region_id = region_id
    and middle.is_region_best
    and middle.region_rank = (
        select (count(*) + 1) // 2
        from ranked_sites as sites
        where sites.is_region_best
    )
