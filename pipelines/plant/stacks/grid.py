"""Firm service from the grid, as a data centre takes it."""

from __future__ import annotations

from pipelines.plant.stack import Campus, Fleet, GridService, Phase, Stack

STACK = Stack(
    id="grid",
    label="Firm grid",
    sentence="Firm grid service with UPS and standby diesel gensets.",
    phases=(Phase("permanent", frozenset({"grid", "firm"}), "the grid"),),
    firm=Fleet(("diesel_standby_genset",), spare_share=0.5),
    grid=GridService(per_peak=1.1),
    design_name="n{units}",
    campus=Campus(),
)
