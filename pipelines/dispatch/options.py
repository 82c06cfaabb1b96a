"""How a dispatch is run, beside site, designs and technologies: parameters of the rules, conventions of the battery."""

from __future__ import annotations

from dataclasses import dataclass

RULES = ("load_following", "cycle_charging", "look_ahead")


@dataclass(frozen=True)
class DispatchOptions:
    """Choices that are part of a result's key.

    Attributes
    ----------
    energy_health_frac : float
        Share of the battery's energy capacity that is left after fade; power is kept.
    is_year_closed : bool
        Run the year twice and count the second pass, so that the year begins with the energy it ends with.
    cycle_charging_soc_frac : float
        State of charge at which units that started to charge stop doing so (cycle_charging); assumption.
    look_ahead_hours : float
        Hours of weather and load that the look_ahead rule foresees at each midnight of the series; assumption.
    charge_power_frac, discharge_power_frac : float
        Limit of either direction as a share of `bess_mw`, at the AC side. A model that limits discharge at the cell
        side is reproduced with its discharge efficiency.
    is_room_before_loss : bool
        Measure the room for charging before the charging loss. True only to reproduce models that do so: they leave
        part of the battery unused.
    flexible_load_frac : float
        Share of each step's load that may be curtailed where nothing else can serve it.
    flexible_budget_frac : float
        Share of the year's energy up to which that may happen; spent in order of time. Load curtailed within it is
        neither served nor unserved.
    """

    energy_health_frac: float = 1.0
    is_year_closed: bool = False
    cycle_charging_soc_frac: float = 0.8
    look_ahead_hours: float = 48.0
    charge_power_frac: float = 1.0
    discharge_power_frac: float = 1.0
    is_room_before_loss: bool = False
    flexible_load_frac: float = 0.0
    flexible_budget_frac: float = 0.0
