"""Every setting is marked with what it moves, and what follows from the marks is whole."""

from __future__ import annotations

from typing import get_args

from pipelines.settings import Settings, county_settings, is_secret, marked, moving
from pipelines.settings.marks import Mark, Step, marks_of


def test_every_setting_has_one_mark_and_a_physical_one_its_step() -> None:
    for name, field in Settings.model_fields.items():
        marks = marks_of(field)
        assert marks.get("mark") in get_args(Mark), name
        assert (marks.get("step") in get_args(Step)) == (marks["mark"] == "physics"), name
    every = [name for mark in get_args(Mark) for name in marked(mark)]
    assert sorted(every) == sorted(Settings.model_fields)
    assert sorted(marked("physics")) == sorted(name for step in get_args(Step) for name in marked("physics", step))


def test_secrets_files_and_limits_of_the_machine_move_no_result() -> None:
    assert not [name for name in moving() if is_secret(name) or name.endswith(("_file", "_dir"))]
    assert not [name for name in moving() if name.startswith(("http_", "source_", "drift_", "alert_", "chunk_"))]
    assert set(county_settings()) < set(moving())
