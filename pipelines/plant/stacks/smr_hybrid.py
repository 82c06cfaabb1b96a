"""Small reactors as baseload with gas engines as follower: the engines run first, the reactors follow."""

from __future__ import annotations

from pipelines.plant.stack import Fleet, Floor, Phase, Stack

STACK = Stack(
    id="smr_hybrid",
    label="Small reactors + engines",
    sentence="Small modular reactor units as baseload with reciprocating gas engines as follower, islanded.",
    phases=(
        Phase("engines", frozenset({"firm", "reserve"}), "gas engines", ends_with="commissioning"),
        Phase("permanent", frozenset({"baseload", "firm", "reserve"}), "reactors and gas engines"),
    ),
    baseload="smr",
    firm=Fleet(("recip_genset",), spare_share=1.6, load_share=0.5),
    floor=Floor("baseload", "min_baseload_frac"),
    design_name="r{reactors}-n{units}",
)
