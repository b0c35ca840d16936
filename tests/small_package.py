"""A small sound data package of five invented residents, and ways to write it down."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

from openpyxl import Workbook

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)

SOUND = {
    "residents": """\
resident_id,name,phone,email,address,municipality_code,lat,lon,birth_year,languages,protected_identity
r1,Ada Åström,042-10 00 01,ada@example.se,"Storgatan 1, Helsingborg",1283,56.0465,12.6945,1941,sv,
r2,Bo Berg,+46 42 10 00 02,,Ringvägen 2,1283,56.0512,12.7012,1950,sv;ar,no
r3,"Cilla ""Cil"" Ceder",,cilla@example.se,,1292,56.2428,12.8622,1999,sv;en;,
r4,دانا,0431-100004,,,1292,56.2431,12.8591,1988,ar,
r5,Eva Ek,,,,1283,,,1970,sv,yes
""",
    "volunteers": """\
volunteer_id,resident_id,services,radius_km,visits_per_week,minutes_per_week,joined_at
v1,r3,shopping;company_walk,10,3,240,2026-03-01
v2,r4,shopping,7.5,,,2026-04-01T09:30
""",
    "availability": """\
volunteer_id,weekday,starts,ends
v1,1,09:00,12:00
v1,1,12:00,15:00
v1,3,13:00,17:30
v2,5,08:00,20:00
""",
    "vetting": """\
volunteer_id,check,valid_from,valid_to
v1,identity,2026-03-01,
v1,interview,2026-03-05,2027-03-05
v2,identity,2026-04-01,
""",
    "grants": """\
resident_id,service,valid_from,valid_to,decision
r5,home_help_cognitive,2026-01-01,2026-12-31,SN 2026/12
""",
    "requests": """\
request_id,resident_id,service,minutes,earliest_at,latest_at,volunteers_needed,urgency,languages,requested_at,note
q1,r1,shopping,60,2026-12-01T09:00,2026-12-01T15:00,1,2,sv,2026-11-20T10:00,"Ring twice,
then wait."
q2,r2,company_walk,45,2026-12-02T10:00,2026-12-04T18:00,1,1,,2026-07-01T10:00,
""",
    "relations": """\
resident_id,volunteer_id,kind
r1,v1,preferred
r2,v2,blocked
""",
}


def changed(table: str, old: str, new: str) -> dict[str, str]:
    """Return the sound package with one piece of one table replaced."""
    assert old in SOUND[table]
    return {**SOUND, table: SOUND[table].replace(old, new, 1)}


def write_folder(folder: Path, tables: dict[str, str]) -> Path:
    """Write the tables as CSV files."""
    folder.mkdir(exist_ok=True)
    for name, text in tables.items():
        (folder / f"{name}.csv").write_bytes(text.encode())
    return folder


def write_workbook(path: Path, tables: dict[str, str]) -> Path:
    """Write the tables as sheets of a workbook, every cell as text."""
    book = Workbook()
    book.remove(book.active)
    for name, text in tables.items():
        sheet = book.create_sheet(name)
        for row in csv.reader(io.StringIO(text, newline="")):
            sheet.append(row)
    book.save(path)
    return path
