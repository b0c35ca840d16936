"""Invented towns: true to the statistics, eligible, reproducible, and nobody in them reachable."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.candidates import view
from engine.errors import InputError
from engine.intake import Known, import_package, read_package
from engine.policy import Policy
from engine.reference import checks, services
from engine.store import Store
from simulations.asking import ASKED, may_ask_by_age
from simulations.cases import CASES
from simulations.helping import age_weight
from simulations.package import SCHEMA, Town
from simulations.people import PHONES, fitted_margins, people
from simulations.population import DEMO, demo, town, write_demo, write_package

DEMO_FOLDER = Path(__file__).parents[2] / "data" / "demo"
START = date(2026, 11, 30)

TOLERANCE = 0.001
"""Largest deviation of a drawn share from the real one, for 20 000 people."""


@pytest.fixture(scope="module")
def large() -> Town:
    return town(n_volunteers=2_000, n_residents=1_500, n_requests=1_200, start=START, seed=5)


@pytest.fixture(scope="module")
def package() -> dict[str, pd.DataFrame]:
    return {name: _read(name) for name in SCHEMA}


def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(DEMO_FOLDER / f"{name}.csv", dtype=str, keep_default_na=False)


def test_people_fit_the_official_shares():
    drawn = people(20_000, np.random.default_rng(3), START)

    margins = fitted_margins(drawn)

    assert set(margins["margin"]) == {"municipality", "age_sex", "background"}
    assert margins["deviation"].max() < TOLERANCE


def test_volunteers_fit_the_official_shares_of_their_ages():
    drawn = people(20_000, np.random.default_rng(3), START, age_weight())

    margins = fitted_margins(drawn, age_weight())

    assert margins["deviation"].max() < TOLERANCE
    assert (drawn["age"] < 35).mean() == pytest.approx(0.46, abs=TOLERANCE)


def test_fitted_margins_show_a_town_that_does_not_fit():
    drawn = people(20_000, np.random.default_rng(3), START)

    margins = fitted_margins(drawn.loc[drawn["municipality_code"] == "1283"])

    assert margins["deviation"].max() > 0.5


def test_the_same_seed_gives_the_same_town_and_another_seed_another():
    first, again, other = (town(50, 40, 30, START, seed) for seed in (1, 1, 2))

    assert all(first.tables()[name].equals(table) for name, table in again.tables().items())
    assert not first.residents.equals(other.residents)


@pytest.mark.parametrize("size", [(0, 0, 0), (3, 0, 0), (0, 2, 2), (1, 1, 3)])
def test_a_tiny_town_has_what_was_asked_for(size: tuple[int, int, int]):
    tiny = town(*size, start=START, seed=1)

    assert (len(tiny.volunteers), len(tiny.residents) - len(tiny.volunteers), len(tiny.requests)) == size


def test_requests_without_residents_are_refused():
    with pytest.raises(InputError, match="resident"):
        town(n_volunteers=1, n_residents=0, n_requests=1, start=START, seed=1)


def test_a_town_with_other_columns_is_refused(large: Town):
    tables = large.tables() | {"grants": large.grants.drop(columns="decision")}

    with pytest.raises(InputError, match="grants"):
        Town(**tables)


def test_nobody_can_be_reached(large: Town):
    residents = large.residents

    assert set(residents["phone"]) <= set(PHONES)
    assert residents["email"].str.fullmatch(r"[a-z.-]+@example\.(org|com)").all()
    assert not re.search(r"\d{6}[-+]?\d{4}", residents["address"].str.cat(sep=" "))


def test_every_volunteer_is_a_resident_with_a_service_and_a_free_hour(large: Town):
    volunteers = large.volunteers

    assert set(volunteers["resident_id"]) <= set(large.residents["resident_id"])
    assert set(large.availability["volunteer_id"]) == set(volunteers["volunteer_id"])
    assert {code for cell in volunteers["services"] for code in cell.split(";")} == set(services())
    assert (large.availability["starts"] < large.availability["ends"]).all()


def test_checks_are_known_and_no_extract_outlives_a_year(large: Town):
    vetting = large.vetting

    extracts = vetting.loc[vetting["valid_to"] != ""]
    days = pd.to_datetime(extracts["valid_to"]) - pd.to_datetime(extracts["valid_from"])

    assert set(vetting["check"]) == set(checks())
    assert set(extracts["check"]) == {code for code, check in checks().items() if "max_months" in check}
    assert days.dt.days.max() < 365
    assert (vetting["valid_from"] < START.isoformat()).all()


def test_every_request_is_eligible_by_age_or_by_a_grant(large: Town):
    asked = large.requests.merge(large.residents, on="resident_id")
    granted = set(zip(large.grants["resident_id"], large.grants["service"], strict=True))

    by_age = [may_ask_by_age(s)[START.year - y] > 0 for s, y in zip(asked["service"], asked["birth_year"], strict=True)]
    by_grant = [pair in granted for pair in zip(asked["resident_id"], asked["service"], strict=True)]

    assert all(a or g for a, g in zip(by_age, by_grant, strict=True))
    assert any(by_grant)
    assert (large.grants["valid_from"] < "2026-11-30").all()
    assert (large.grants["valid_to"] > "2026-12-13").all()


def test_every_request_fits_its_window_within_the_fortnight(large: Town):
    requests = large.requests
    earliest, latest = pd.to_datetime(requests["earliest_at"]), pd.to_datetime(requests["latest_at"])

    assert ((latest - earliest).dt.total_seconds() >= 60 * requests["minutes"]).all()
    assert earliest.min() >= pd.Timestamp("2026-11-30")
    assert latest.max() < pd.Timestamp("2026-12-14")
    assert requests["requested_at"].between("2026-11-09", "2026-11-29T18:00").all()
    assert requests["requested_at"].is_monotonic_increasing


def test_only_known_services_are_asked_for():
    assert set(ASKED) <= set(services())


def test_the_demo_package_is_written_again_byte_by_byte(tmp_path: Path):
    write_demo(tmp_path)

    names = {path.name for path in DEMO_FOLDER.iterdir()}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert [name for name in names if (tmp_path / name).read_bytes() != (DEMO_FOLDER / name).read_bytes()] == []


def test_the_demo_package_is_one_the_engine_takes():
    intake = read_package(DEMO_FOLDER, Known(), datetime(2026, 11, 29, 17, tzinfo=UTC))

    assert intake.n_rows["volunteers"] == DEMO.n_volunteers
    assert intake.n_rows["residents"] == DEMO.n_volunteers + DEMO.n_residents
    assert intake.n_rows["requests"] == DEMO.n_requests


def test_a_package_describes_its_files(tmp_path: Path):
    write_package(town(3, 3, 3, START, seed=1), tmp_path)

    descriptor = json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8"))

    assert descriptor["profile"] == "tabular-data-package"
    for resource in descriptor["resources"]:
        header = (tmp_path / resource["path"]).read_bytes().split(b"\n")[0].decode()
        assert header.split(",") == [field["name"] for field in resource["schema"]["fields"]]


def test_the_demo_reaches_all_municipalities(package: dict[str, pd.DataFrame]):
    asked = package["requests"].merge(package["residents"], on="resident_id")

    assert asked["municipality_code"].nunique() == 11


def test_the_demo_readme_lists_every_case_by_ids_that_exist(package: dict[str, pd.DataFrame]):
    text = (DEMO_FOLDER / "README.md").read_text(encoding="utf-8")
    known = {identity for name in ("residents", "volunteers", "requests") for identity in package[name].iloc[:, 0]}

    listed = re.findall(r"\b(?:res|vol|req)-\d+", text)

    assert set(listed) <= known
    assert len(re.findall(r"^\| .*(?:res|vol|req)-\d+", text, re.MULTILINE)) == len(CASES)


def test_the_demo_holds_the_awkward_cases(package: dict[str, pd.DataFrame]):
    requests, residents, volunteers = package["requests"], package["residents"], package["volunteers"]
    minutes = (pd.to_datetime(requests["latest_at"]) - pd.to_datetime(requests["earliest_at"])).dt.total_seconds() / 60
    extracts = package["vetting"].loc[package["vetting"]["check"] == "police_record_children"]
    hidden = residents.loc[residents["protected_identity"] == "yes"]
    grants = set(zip(package["grants"]["resident_id"], package["grants"]["service"], strict=True))
    by_decision = requests.loc[requests["service"] == "home_help_cognitive"]

    assert (extracts["valid_to"] < "2026-11-30").any()
    assert ((extracts["valid_from"] < "2025-11-30") & (extracts["valid_to"] > "2026-12-13")).any()
    assert sum((r, "home_help_cognitive") not in grants for r in by_decision["resident_id"]) == 1
    assert requests["languages"].str.contains(";").any()
    assert {"blocked", "preferred"} <= set(package["relations"]["kind"])
    assert (requests["volunteers_needed"] == "2").any()
    assert (minutes < requests["minutes"].astype(int)).sum() == 1
    assert (hidden[["address", "lat", "lon"]] == "").all(axis=None)
    assert requests["resident_id"].isin(hidden["resident_id"]).any()
    assert requests["resident_id"].isin(volunteers["resident_id"]).any()
    assert (~volunteers["volunteer_id"].isin(package["availability"]["volunteer_id"])).sum() == 1
    assert requests["latest_at"].str.startswith("2026-12-13").any()


def test_the_demo_before_its_cases_has_none_of_the_refusals():
    plain = demo()

    assert not plain.requests["resident_id"].isin(plain.volunteers["resident_id"]).any()
    assert set(plain.availability["volunteer_id"]) == set(plain.volunteers["volunteer_id"])


def test_the_demo_is_neither_trivial_nor_hopeless():
    """Scarce hours, checks and languages leave some requests to nobody, and many to one volunteer only."""
    moment = datetime(2026, 11, 29, 17, tzinfo=UTC)
    store = Store.in_memory(clock=lambda: moment)
    import_package(store, DEMO_FOLDER, "test", now=moment)

    with store.reading() as reading:
        candidates = view(reading, Policy.named("baseline"), moment).candidates

    pairs = candidates[["request_id", "volunteer_id"]].drop_duplicates()
    n_volunteers = pairs.groupby("request_id").size()
    assert 0.10 <= 1 - len(n_volunteers) / DEMO.n_requests <= 0.20
    assert (n_volunteers == 1).sum() >= 10
    assert pairs.groupby("volunteer_id").size().max() >= 10
