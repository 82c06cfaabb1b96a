"""Whatever is typed: an exit code of the table, one sentence, no traceback, no fault of the product's own."""

from __future__ import annotations

import click
import click.testing
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pipelines.cli.main import SUBCOMMANDS, main
from pipelines.errors import ContractError
from pipelines.settings import Settings

# Those that only read; `refresh` and `replay` are asked with the night itself taken out, `ui` and `serve` would stay.
READING = ["rank", "explain", "sql", "export", "status", "releases", "verify", "rollback", "doctor", "survive"]
ASKING = ["simulate", "size", "adequacy", "plan", "plot", "when", "backtest"]
VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "-", "--", "0", "-1", "1e308", "nan", "inf", "99999999999999999999", "2026-02-30", "abilene_tx", "TX", "'",
         '"; drop table ranked_sites; --', "../../etc/passwd", "\x00", "\u202e", "ranked_sites", "stacks", "null",
         "select 1", "from stacks", "select * from read_csv('/etc/passwd')", "attach '/tmp/x.db'", "%s%s%n", "x" * 5000]
    ),
)  # fmt: skip


def _options(name: str) -> list[str]:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    found = [flag for parameter in command.params for flag in parameter.opts if flag.startswith("-")]
    # Files are written where the test says, and the folder of the data is the test's.
    return sorted(set(found) - {"--out", "--data-dir"})


def _words(name: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.one_of(st.sampled_from([*_options(name), "--no-such"]), VALUES), max_size=6)


def _check(result: click.testing.Result) -> None:
    assert result.exit_code in {0, 1, 2, 3}
    assert "Traceback" not in result.stderr + result.stdout
    assert "FIRSTMW_TRACEBACK" not in result.stderr
    if result.exit_code in {1, 2} and not result.stdout:
        assert result.stderr.startswith("firstmw: ")


def test_every_subcommand_is_either_fuzzed_or_would_stay() -> None:
    assert {*READING, *ASKING, "refresh", "replay"} == set(SUBCOMMANDS) - {"ui", "serve"}


NO_NUMBERS = st.sampled_from(["nan", "NaN", "-nan", "inf", "-inf", "+Infinity", "1e999", "-1e999", " nan "])


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_no_option_takes_a_number_that_is_none(run, name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    takes_numbers = [one for one in command.params if isinstance(one.type, click.types.FloatParamType)]
    if not takes_numbers:
        return

    @settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.sampled_from(takes_numbers), NO_NUMBERS)
    def refused(parameter: click.Parameter, text: str) -> None:
        # What an option may do without is taken for the next one where it begins with a dash.
        assume(parameter.opts != ["--wait"] or not text.startswith("-"))
        result = run(name, f"{parameter.opts[0]}={text}")
        assert result.exit_code == 2
        assert not result.stdout
        assert result.stderr.startswith(f"firstmw: Invalid value for '{parameter.opts[0]}': ")
        assert len(result.stderr.splitlines()) == 1

    refused()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([name for name, field in Settings.model_fields.items() if field.annotation is float]), NO_NUMBERS
)
def test_no_setting_takes_a_number_that_is_none(run, name: str, text: str) -> None:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(f"FIRSTMW_{name.upper()}", text)
        result = run("simulate", "--region", "abilene_tx", "--it-mw", "20")
        assert result.exit_code == 2
        assert result.stderr.startswith(f"firstmw: FIRSTMW_{name.upper()} is '{text}': ")


@pytest.mark.parametrize("name", [*READING, *ASKING])
def test_any_words_are_answered(run, name: str, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)

    # A plan is solved anew every time.
    @settings(max_examples=4 if name == "plan" else 25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(_words(name))
    def answered(words: list[str]) -> None:
        _check(run(name, *words))

    answered()


@pytest.mark.parametrize("name", ["refresh", "replay"])
def test_any_words_for_a_night_are_answered(run, name: str, tmp_path, monkeypatch) -> None:
    import assets.refresh

    def night(*_: object, **__: object) -> None:
        raise ContractError("the night was asked for.")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(assets.refresh, "refresh_night", night)

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(_words(name))
    def answered(words: list[str]) -> None:
        _check(run(name, *words))

    answered()
