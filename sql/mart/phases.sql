-- One row per region, stack that is built in phases, and phase.
-- Until the solar plant or the reactor runs, the engines carry the site alone, at the cost of the region's gas_recip.
with phased as (
    select
        site.region_id,
        site.stack_id,
        site.lcoe_usd_per_mwh,
        site.co2_kg_per_mwh,
        site.renewable_frac,
        times.first_mw_months_p50,
        times.plant_complete_months_p50,
        gas.lcoe_usd_per_mwh as gas_lcoe_usd_per_mwh,
        gas.co2_kg_per_mwh as gas_co2_kg_per_mwh
    from mart.ranked_sites as site
    inner join mart.time_to_power as times
        on site.region_id = times.region_id and site.stack_id = times.stack_id
    inner join mart.ranked_sites as gas
        on site.region_id = gas.region_id and gas.stack_id = 'gas_recip'
    where site.stack_id in ('solar_bess_gas', 'smr_hybrid')
)

select
    region_id,
    stack_id,
    1::bigint as phase,
    'gas engines' as running,
    first_mw_months_p50 as from_months_p50,
    plant_complete_months_p50 as until_months_p50,
    gas_lcoe_usd_per_mwh as lcoe_usd_per_mwh,
    gas_co2_kg_per_mwh as co2_kg_per_mwh,
    0.0::double as renewable_frac
from phased
union all
select
    region_id,
    stack_id,
    2::bigint as phase,
    case
        when stack_id = 'smr_hybrid' then 'reactors and gas engines'
        else 'solar, battery and gas engines'
    end as running,
    plant_complete_months_p50 as from_months_p50,
    null::double as until_months_p50,
    lcoe_usd_per_mwh,
    co2_kg_per_mwh,
    renewable_frac
from phased
order by region_id, stack_id, phase
