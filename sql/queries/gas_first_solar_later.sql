-- What does power cost while the gas engines run alone, and what once the solar plant or the reactor runs?
select
    stack_id,
    phase,
    running,
    median(from_months_p50) as from_months_p50,
    median(until_months_p50) as until_months_p50,
    median(lcoe_usd_per_mwh) as lcoe_usd_per_mwh,
    median(co2_kg_per_mwh) as co2_kg_per_mwh,
    count(*) as regions
from phases
group by stack_id, phase, running
order by stack_id, phase
