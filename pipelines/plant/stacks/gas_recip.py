"""Reciprocating gas engines alone."""

from __future__ import annotations

from pipelines.plant.stack import Campus, Fleet, Phase, Stack

STACK = Stack(
    id="gas_recip",
    label="Gas engines",
    sentence="Reciprocating gas engines, islanded, with a battery reserve that bridges a trip.",
    phases=(Phase("permanent", frozenset({"firm", "reserve"}), "gas engines"),),
    firm=Fleet(("recip_genset",), spare_share=1.0),
    design_name="n{units}x{unit_mw:g}",
    campus=Campus(),
)
