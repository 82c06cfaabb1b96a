-- Figures of adequacy of a region's best stack and of that of the median site, a row each, with how each was computed.
create or replace macro compared_adequacy(region_id) as table
select
    found.region_id,
    found.stack_id,
    unnest([
        {
            'line': 1, 'item': 'lolh_hours_per_year', 'unit': 'h/year', 'value': found.lolh_hours_per_year,
            'detail': 'convolution'
        },
        {
            'line': 2, 'item': 'mc_lolh_hours_per_year', 'unit': 'h/year',
            'value': found.mc_lolh_hours_per_year,
            'detail': 'sampled, standard error ' || round(found.mc_lolh_hours_per_year_se, 2)
        },
        {
            'line': 3, 'item': 'mc_lole_events_per_year', 'unit': '1/year',
            'value': found.mc_lole_events_per_year,
            'detail': 'sampled, standard error ' || round(found.mc_lole_events_per_year_se, 2)
        },
        {
            'line': 4, 'item': 'eue_mwh_per_year', 'unit': 'MWh/year', 'value': found.eue_mwh_per_year,
            'detail': 'convolution, most of it ' || found.largest_cause
        },
        {
            'line': 5, 'item': 'mc_eue_mwh_per_year', 'unit': 'MWh/year', 'value': found.mc_eue_mwh_per_year,
            'detail': 'sampled, standard error ' || round(found.mc_eue_mwh_per_year_se, 1)
        },
        {
            'line': 6, 'item': 'mc_bridged_mwh_per_year', 'unit': 'MWh/year',
            'value': found.mc_bridged_mwh_per_year,
            'detail': 'saved by the battery, standard error ' || round(found.mc_bridged_mwh_per_year_se, 1)
        },
        {
            'line': 7, 'item': 'mc_unserved_mwh_p50', 'unit': 'MWh', 'value': found.mc_unserved_mwh_p50,
            'detail': 'median of ' || found.mc_years || ' years'
        },
        {
            'line': 8, 'item': 'mc_unserved_mwh_p95', 'unit': 'MWh', 'value': found.mc_unserved_mwh_p95,
            'detail': '95th percentile of years'
        },
        {
            'line': 9, 'item': 'mc_unserved_mwh_p99', 'unit': 'MWh', 'value': found.mc_unserved_mwh_p99,
            'detail': '99th percentile of years'
        },
        {
            'line': 10, 'item': 'mc_longest_outage_hours', 'unit': 'h', 'value': found.mc_longest_outage_hours,
            'detail': 'longest event of all years'
        },
        {
            'line': 11, 'item': 'nines', 'unit': '1', 'value': found.nines,
            'detail': 'nines of the energy served, which is not the share of hours fully served; convolution'
        },
        {
            'line': 12, 'item': 'survives_8h_frac', 'unit': 'share', 'value': found.survives_8h_frac,
            'detail': 'loss of ' || found.survival_of || ' for 8 h from a random hour'
        },
        {
            'line': 13, 'item': 'survives_24h_frac', 'unit': 'share', 'value': found.survives_24h_frac,
            'detail': 'loss of ' || found.survival_of || ' for 24 h from a random hour'
        }
    ]) as figure
from adequacy as found
inner join compare_keys(region_id) as pair
    on
        (found.region_id = pair.here_region_id and found.stack_id = pair.here_stack_id)
        or (found.region_id = pair.middle_region_id and found.stack_id = pair.middle_stack_id)
