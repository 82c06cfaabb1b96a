-- How much does the gas price move the cost of gas power?
-- Least-squares slope over the regions: USD per MWh for each USD per MMBtu, beside the range of prices.
select
    stack_id,
    count(*) as regions,
    min(gas_level_usd_per_mmbtu) as lowest_gas_usd_per_mmbtu,
    median(gas_level_usd_per_mmbtu) as median_gas_usd_per_mmbtu,
    max(gas_level_usd_per_mmbtu) as highest_gas_usd_per_mmbtu,
    count(*) filter (where is_gas_price_fallback) as regions_on_retail_average,
    regr_slope(lcoe_usd_per_mwh, gas_level_usd_per_mmbtu order by region_id) as usd_per_mwh_per_usd_per_mmbtu,
    corr(lcoe_usd_per_mwh, gas_level_usd_per_mmbtu order by region_id) as correlation
from ranked_sites
where firm_units > 0 and grid_mw = 0
group by stack_id
order by stack_id
