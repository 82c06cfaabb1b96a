-- Which designs of the best region are worth a second look on cost, CO2 and availability?
-- The frontier of the region ranked first: no other design there is better in all three.
select
    frontier.region_id,
    frontier.design_id,
    frontier.stack_id,
    frontier.lcoe_usd_per_mwh,
    frontier.co2_kg_per_mwh,
    frontier.availability_frac,
    designs.solar_mw,
    designs.bess_mwh,
    designs.firm_technology,
    designs.firm_units
from pareto as frontier
inner join designs on frontier.design_id = designs.design_id
inner join ranked_sites as sites on frontier.region_id = sites.region_id and sites.rank = 1
order by frontier.lcoe_usd_per_mwh, frontier.design_id
