-- One row per design: what a stack is made of and how it is sized.
select
    design_id,
    stack_id,
    solar_mw,
    bess_mw,
    bess_mwh,
    reserve_mw,
    reserve_mwh,
    grid_mw,
    is_grid_flexible,
    baseload_technology,
    baseload_units,
    baseload_unit_mw,
    firm_technology,
    firm_units,
    firm_unit_mw,
    rule
from sim.designs
order by design_id
