-- Which events take most from each strategy, and how much do they take at once?
-- Rates marked as assumptions have no source; each is halved and doubled in portfolio_sensitivity.
select
    strategy,
    event_type,
    is_assumption,
    events_per_year,
    share_lost_frac,
    largest_single_loss_frac,
    p_lose_50_frac,
    unserved_mwh_mean,
    attribution_frac,
    recovery_hours_mean
from portfolio_resilience
where event_type <> 'all_events' and unserved_mwh_mean > 0
order by strategy, unserved_mwh_mean desc, event_type
