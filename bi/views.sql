-- Views over the Parquet files of the current release, for clients that keep their connection open:
-- a connection to firstmw.duckdb stays on the release it was opened on, these follow `current` from
-- query to query. Made by `make docs`. Paths count from the checkout; for a server, fill in its folder:
--   sed "s#'data/#'/srv/firstmw/data/#" bi/views.sql | duckdb firstmw_views.duckdb
create or replace view acceleration as
select * from read_parquet('data/releases/current/parquet/acceleration.parquet');
create or replace view adequacy as
select * from read_parquet('data/releases/current/parquet/adequacy.parquet');
create or replace view air_permits as
select * from read_parquet('data/releases/current/parquet/air_permits.parquet');
create or replace view assumptions as
select * from read_parquet('data/releases/current/parquet/assumptions.parquet');
create or replace view backtest as
select * from read_parquet('data/releases/current/parquet/backtest.parquet');
create or replace view backtest_scores as
select * from read_parquet('data/releases/current/parquet/backtest_scores.parquet');
create or replace view buildout_curve as
select * from read_parquet('data/releases/current/parquet/buildout_curve.parquet');
create or replace view critical_path as
select * from read_parquet('data/releases/current/parquet/critical_path.parquet');
create or replace view data_status as
select * from read_parquet('data/releases/current/parquet/data_status.parquet');
create or replace view deployment_plan as
select * from read_parquet('data/releases/current/parquet/deployment_plan.parquet');
create or replace view designs as
select * from read_parquet('data/releases/current/parquet/designs.parquet');
create or replace view dispatch_annual as
select * from read_parquet('data/releases/current/parquet/dispatch_annual.parquet');
create or replace view dispatch_hourly as
select * from read_parquet('data/releases/current/parquet/dispatch_hourly.parquet');
create or replace view dispatch_regret as
select * from read_parquet('data/releases/current/parquet/dispatch_regret.parquet');
create or replace view dispatch_weekly as
select * from read_parquet('data/releases/current/parquet/dispatch_weekly.parquet');
create or replace view diversification_curve as
select * from read_parquet('data/releases/current/parquet/diversification_curve.parquet');
create or replace view energisation as
select * from read_parquet('data/releases/current/parquet/energisation.parquet');
create or replace view energy_outlook as
select * from read_parquet('data/releases/current/parquet/energy_outlook.parquet');
create or replace view fact_definitions as
select * from read_parquet('data/releases/current/parquet/fact_definitions.parquet');
create or replace view fact_value as
select * from read_parquet('data/releases/current/parquet/fact_value.parquet');
create or replace view forecasts as
select * from read_parquet('data/releases/current/parquet/forecasts.parquet');
create or replace view fuel_prices as
select * from read_parquet('data/releases/current/parquet/fuel_prices.parquet');
create or replace view fuel_services as
select * from read_parquet('data/releases/current/parquet/fuel_services.parquet');
create or replace view gas_price_years as
select * from read_parquet('data/releases/current/parquet/gas_price_years.parquet');
create or replace view hazard_rates as
select * from read_parquet('data/releases/current/parquet/hazard_rates.parquet');
create or replace view hazards as
select * from read_parquet('data/releases/current/parquet/hazards.parquet');
create or replace view input_changes as
select * from read_parquet('data/releases/current/parquet/input_changes.parquet');
create or replace view lcoe_components as
select * from read_parquet('data/releases/current/parquet/lcoe_components.parquet');
create or replace view lead_time_movement as
select * from read_parquet('data/releases/current/parquet/lead_time_movement.parquet');
create or replace view lead_times as
select * from read_parquet('data/releases/current/parquet/lead_times.parquet');
create or replace view local_stops as
select * from read_parquet('data/releases/current/parquet/local_stops.parquet');
create or replace view modular_against_campus as
select * from read_parquet('data/releases/current/parquet/modular_against_campus.parquet');
create or replace view observed_projects as
select * from read_parquet('data/releases/current/parquet/observed_projects.parquet');
create or replace view overhauls as
select * from read_parquet('data/releases/current/parquet/overhauls.parquet');
create or replace view pareto as
select * from read_parquet('data/releases/current/parquet/pareto.parquet');
create or replace view phases as
select * from read_parquet('data/releases/current/parquet/phases.parquet');
create or replace view portfolio_comparison as
select * from read_parquet('data/releases/current/parquet/portfolio_comparison.parquet');
create or replace view portfolio_events as
select * from read_parquet('data/releases/current/parquet/portfolio_events.parquet');
create or replace view portfolio_resilience as
select * from read_parquet('data/releases/current/parquet/portfolio_resilience.parquet');
create or replace view portfolio_sensitivity as
select * from read_parquet('data/releases/current/parquet/portfolio_sensitivity.parquet');
create or replace view portfolio_sites as
select * from read_parquet('data/releases/current/parquet/portfolio_sites.parquet');
create or replace view posture_paths as
select * from read_parquet('data/releases/current/parquet/posture_paths.parquet');
create or replace view procurement_paths as
select * from read_parquet('data/releases/current/parquet/procurement_paths.parquet');
create or replace view programme_curve as
select * from read_parquet('data/releases/current/parquet/programme_curve.parquet');
create or replace view programme_limits as
select * from read_parquet('data/releases/current/parquet/programme_limits.parquet');
create or replace view queue_outcomes as
select * from read_parquet('data/releases/current/parquet/queue_outcomes.parquet');
create or replace view queue_projects as
select * from read_parquet('data/releases/current/parquet/queue_projects.parquet');
create or replace view queue_statistics as
select * from read_parquet('data/releases/current/parquet/queue_statistics.parquet');
create or replace view queue_survival as
select * from read_parquet('data/releases/current/parquet/queue_survival.parquet');
create or replace view queue_waits as
select * from read_parquet('data/releases/current/parquet/queue_waits.parquet');
create or replace view rank_acceptability as
select * from read_parquet('data/releases/current/parquet/rank_acceptability.parquet');
create or replace view rank_changes as
select * from read_parquet('data/releases/current/parquet/rank_changes.parquet');
create or replace view rank_flips as
select * from read_parquet('data/releases/current/parquet/rank_flips.parquet');
create or replace view rank_sensitivity as
select * from read_parquet('data/releases/current/parquet/rank_sensitivity.parquet');
create or replace view ranked_sites as
select * from read_parquet('data/releases/current/parquet/ranked_sites.parquet');
create or replace view ranking_history as
select * from read_parquet('data/releases/current/parquet/ranking_history.parquet');
create or replace view region_facts as
select * from read_parquet('data/releases/current/parquet/region_facts.parquet');
create or replace view regions as
select * from read_parquet('data/releases/current/parquet/regions.parquet');
create or replace view reliability as
select * from read_parquet('data/releases/current/parquet/reliability.parquet');
create or replace view run_changes as
select * from read_parquet('data/releases/current/parquet/run_changes.parquet');
create or replace view scenario_rankings as
select * from read_parquet('data/releases/current/parquet/scenario_rankings.parquet');
create or replace view scenarios as
select * from read_parquet('data/releases/current/parquet/scenarios.parquet');
create or replace view score_anchors as
select * from read_parquet('data/releases/current/parquet/score_anchors.parquet');
create or replace view site_sensitivity as
select * from read_parquet('data/releases/current/parquet/site_sensitivity.parquet');
create or replace view sources as
select * from read_parquet('data/releases/current/parquet/sources.parquet');
create or replace view stacks as
select * from read_parquet('data/releases/current/parquet/stacks.parquet');
create or replace view supply_shadow_prices as
select * from read_parquet('data/releases/current/parquet/supply_shadow_prices.parquet');
create or replace view target_costs as
select * from read_parquet('data/releases/current/parquet/target_costs.parquet');
create or replace view tax_credits as
select * from read_parquet('data/releases/current/parquet/tax_credits.parquet');
create or replace view tax_rules as
select * from read_parquet('data/releases/current/parquet/tax_rules.parquet');
create or replace view time_to_power as
select * from read_parquet('data/releases/current/parquet/time_to_power.parquet');
create or replace view time_to_power_by_posture as
select * from read_parquet('data/releases/current/parquet/time_to_power_by_posture.parquet');
create or replace view timeline_gantt as
select * from read_parquet('data/releases/current/parquet/timeline_gantt.parquet');
create or replace view uncertainties as
select * from read_parquet('data/releases/current/parquet/uncertainties.parquet');
create or replace view weather_monthly as
select * from read_parquet('data/releases/current/parquet/weather_monthly.parquet');
create or replace view weather_risk as
select * from read_parquet('data/releases/current/parquet/weather_risk.parquet');
create or replace view weather_years as
select * from read_parquet('data/releases/current/parquet/weather_years.parquet');
