"""The self-contained page made from a release, and its charts as pictures."""

from pipelines.report.build import PLACE, build_page

__all__ = ["PLACE", "build_page"]
