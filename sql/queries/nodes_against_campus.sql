-- Many nodes or one campus: first MW, MW-months by month 36, cost, and what the worst event takes?
-- The same IT, equipment, crews and capital for every strategy; the most usable power by month 36 first.
select
    strategy,
    sites,
    first_mw_month,
    full_mw_month,
    usable_mw_months_36,
    capex_usd_per_kw,
    worst_single_loss_mw,
    worst_local_loss_mw,
    p_lose_50_frac,
    p_lose_100_frac,
    unserved_mwh_mean,
    unserved_mwh_cvar95
from portfolio_comparison
order by usable_mw_months_36 desc, strategy
