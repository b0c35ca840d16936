"""Scenarios: every assumption has a unit, a range and a source, and nothing impossible is read."""

import tomllib

import pytest

from simulations.scenario import SCENARIOS, Scenario, ScenarioError

FILES = sorted(SCENARIOS.glob("*.toml"))
REGION = (SCENARIOS / "region.toml").read_text(encoding="utf-8")


def written(folder, text, name="mine"):
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_scenario_of_the_house_can_be_read_and_is_named_after_its_file(path):
    scenario = Scenario.from_toml(path)

    assert scenario.name == path.stem
    assert all(number.unit and number.source for number in scenario.ranges.values())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_not_cited_says_that_it_is_assumed(path):
    tables = tomllib.loads(path.read_text(encoding="utf-8")).values()
    sources = [entry["source"] for table in tables if isinstance(table, dict) for entry in table.values()]

    # A source begins with a key of data/reference/calibration, whose words are joined by underscores.
    assert [s for s in sources if not s.startswith("assumption") and "_" not in s.split(":")[0]] == []


def test_a_scenario_holds_only_what_differs_from_the_one_it_is_based_on():
    region, dense = Scenario.named("region"), Scenario.named("dense")

    assert dense.demand.requests_per_day < region.demand.requests_per_day
    assert (dense.staying, dense.town) == (region.staying, region.town)
    assert dense.fingerprint != region.fingerprint


def test_the_fingerprint_is_of_the_numbers_and_not_of_the_words(tmp_path):
    other = written(tmp_path, REGION.replace('name = "region"', 'name = "other words"'))

    assert Scenario.from_toml(other).fingerprint == Scenario.named("region").fingerprint


def test_a_number_is_changed_by_name():
    changed = Scenario.named("region").with_numbers({"answers.yes_logit": -1.5, "town.days": 7})

    assert (changed.answers.yes_logit, changed.town.days) == (-1.5, 7)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"answers.mood": 1.0}, "no number 'answers.mood'"),
        ({"answers.silent_share": 1.5}, "lies outside 0 to 1"),
        ({"town.days": 7.5}, "is not a number of type int"),
        ({"demand.weekday_factor": (1.0, 1.0)}, "seven numbers"),
    ],
)
def test_an_impossible_change_is_refused(changes, said):
    with pytest.raises(ScenarioError, match=said):
        Scenario.named("region").with_numbers(changes)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[town.days]\nvalue = 180", "[town.days]\nvalue = 900", "lies outside 28 to 365"),
        ('[town.days]\nvalue = 180\nunit = "days"', '[town.days]\nvalue = 180\nunit = "weeks"', "unit is 'weeks'"),
        ("range = [28, 365]", "range = [365, 28]", "the smaller first"),
        ("range = [28, 365]", "range = [0, 365]", "impossible"),
        ("[town.days]", "[town.nights]", "must hold exactly"),
        ("start = 2026-03-02", 'start = "soon"', "must be a day"),
        ("start = 2026-03-02", "start = 2026-03-02\nmood = 3", "unknown table or key"),
        ("start = 2026-03-02", 'start = 2026-03-02\nbased_on = "mine"', "based on itself"),
        ("start = 2026-03-02", 'start = 2026-03-02\nbased_on = "nowhere"', "known scenarios: dense"),
        ('source = "assumption: fatigue."', 'source = " "', "say the source"),
        ("[town.days]", "[town.days", "not valid TOML"),
    ],
)
def test_a_faulty_file_is_refused_with_a_sentence(tmp_path, old, new, said):
    assert old in REGION
    faulty = written(tmp_path, REGION.replace(old, new, 1))

    with pytest.raises(ScenarioError, match=said):
        Scenario.from_toml(faulty)
