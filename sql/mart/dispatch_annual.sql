-- One row per region, design and weather year: energies with every unit in service.
select
    region_id,
    design_id,
    stack_id,
    weather_year,
    load_mwh,
    solar_potential_mwh,
    solar_mwh,
    curtailed_mwh,
    charge_mwh,
    discharge_mwh,
    grid_mwh,
    baseload_mwh,
    firm_mwh,
    unserved_mwh,
    unserved_hours,
    baseload_fuel_mmbtu,
    firm_fuel_mmbtu,
    baseload_starts,
    firm_starts,
    baseload_run_hours,
    firm_run_hours,
    soc_start_mwh,
    soc_end_mwh,
    renewable_frac
from sim.dispatch_annual
order by region_id, design_id, weather_year
