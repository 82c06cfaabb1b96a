-- Which modules of the nodes are energised where, and in which month?
select
    plan.month,
    plan.region_id,
    sites.state,
    plan.stack_id,
    plan.modules,
    plan.it_mw,
    plan.ready_month,
    plan.capital_usd,
    sites.gas_hub,
    sites.balancing_area
from deployment_plan as plan
inner join portfolio_sites as sites on plan.strategy = sites.strategy and plan.region_id = sites.region_id
where plan.strategy = 'nodes'
order by plan.month, plan.region_id, plan.stack_id
