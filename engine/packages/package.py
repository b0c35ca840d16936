"""Data packages as raw text: a folder of CSV files, or one workbook, becomes tables of cells, safely.

A package is not trusted: sizes are capped, paths may not leave the folder, only UTF-8 is read, nothing is
executed, and whatever is wrong is reported by file and line. What the cells mean is no matter of this module.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from engine.errors import PackageError
from engine.packages.rawtable import (
    CELL_CHARACTERS_MAX,
    COLUMNS_MAX,
    Lost,
    RawPackage,
    RawTable,
    Record,
    Report,
    lay_out,
    read_bytes,
    shortened,
)
from engine.packages.workbook import read_workbook

DESCRIPTOR = "datapackage.json"

# A longer line breaks the cap on cells or on columns whatever it holds (quotes inside a cell count twice).
LINE_CHARACTERS_MAX = 2 * COLUMNS_MAX * (CELL_CHARACTERS_MAX + 2)


def read_raw(source: Path, names: Collection[str], report: Report) -> RawPackage:
    """Read the tables called ``names`` that are present in ``source``; faults go to ``report``.

    Parameters
    ----------
    source
        A folder with CSV files (and perhaps ``datapackage.json``), or one ``.xlsx`` with a sheet per table.

    Raises
    ------
    PackageError
        When ``source`` is neither, or there is nothing to read in it.
    """
    if source.is_dir():
        package = _read_folder(source, names, report)
    elif source.is_file() and source.suffix.casefold() == ".xlsx":
        package = read_workbook(source, names, report)
    else:
        raise PackageError(f"{source} is neither a folder with CSV files nor an .xlsx workbook.")
    if not package.tables and not report.bad_rows:
        raise PackageError(f"{source} holds none of the tables {', '.join(names)}.")
    return package


def _read_folder(folder: Path, names: Collection[str], report: Report) -> RawPackage:
    warnings: list[str] = []
    paths = _listed(folder, names, report, warnings)
    listed = set(paths.values())
    for path in sorted(folder.iterdir()):
        if path in listed or path.name == DESCRIPTOR or path.name.startswith("."):
            continue
        name = path.stem.casefold() if path.suffix.casefold() == ".csv" else ""
        if name not in names:
            warnings.append(f"{shortened(path.name)} was ignored: it is no table of a data package.")
        elif name in paths:
            report.add(path.name, 1, "", "", f"one file for {name}; {shortened(paths[name].name)} is another")
        else:
            paths[name] = path
            if listed:
                warnings.append(f"{shortened(path.name)} is not listed in {DESCRIPTOR}; it was read all the same.")
    tables = {name: _read_csv(folder, paths[name], name, report) for name in names if name in paths}
    return RawPackage(tables, tuple(warnings))


def _listed(folder: Path, names: Collection[str], report: Report, warnings: list[str]) -> dict[str, Path]:
    """Find the files that the descriptor lists, by table."""
    path = folder / DESCRIPTOR
    if not path.exists() and not path.is_symlink():
        return {}
    data = read_bytes(path, DESCRIPTOR, report) if _is_inside(folder, path, report) else None
    if data is None:
        return {}
    try:
        content: Any = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        report.add(DESCRIPTOR, getattr(error, "lineno", 1), "", "", f"valid JSON in UTF-8 ({error})")
        return {}
    resources = content.get("resources") if isinstance(content, dict) else None
    if not isinstance(resources, list):
        report.add(DESCRIPTOR, 1, "resources", "", "an object with a list `resources`")
        return {}
    paths: dict[str, Path] = {}
    for resource in resources:
        text = resource.get("path") if isinstance(resource, dict) else None
        if not isinstance(text, str) or not _is_relative(text):
            expected = "the name of a file inside the folder: no `..`, no absolute path, no address"
            report.add(DESCRIPTOR, 1, "path", str(text if text else resource), expected)
            continue
        stem = PurePosixPath(text).stem.casefold()
        name = next((n for n in (str(resource.get("name")).casefold(), stem) if n in names), None)
        if name is None:
            warnings.append(f"{shortened(text)} was ignored: it is no table of a data package.")
        elif name in paths:
            report.add(DESCRIPTOR, 1, "path", text, f"one file for {name}; {shortened(paths[name].name)} is another")
        else:
            paths[name] = folder / text
    return paths


def _is_relative(text: str) -> bool:
    path = PurePosixPath(text)
    plain = text.isprintable() and not any(sign in text for sign in "\\:")
    return plain and path.name != "" and not path.is_absolute() and ".." not in path.parts


def _is_inside(folder: Path, path: Path, report: Report) -> bool:
    """Tell whether ``path`` is a plain file that stays in the folder, symlinks followed; report it if not."""
    try:
        target = path.resolve(strict=True)
        good = target.is_relative_to(folder.resolve()) and target.is_file()
    except (OSError, RuntimeError):  # RuntimeError: a symlink that leads to itself
        good = False
    if not good:
        report.add(path.name, 1, "", "", "a file that exists inside the folder; links out of it are not followed")
    return good


def _read_csv(folder: Path, path: Path, name: str, report: Report) -> RawTable:
    file = path.name
    data = read_bytes(path, file, report) if _is_inside(folder, path, report) else None
    if data is None:
        return RawTable(name, file)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The codec numbers bytes after the byte order mark.
        data = data.removeprefix(b"\xef\xbb\xbf")
        start = data.rfind(b"\n", 0, error.start) + 1
        line = data[start : error.start + 40].split(b"\n")[0].decode("cp1252", errors="replace")
        expected = "text in UTF-8 (in Excel: save as 'CSV UTF-8 (comma delimited)', or save as .xlsx)"
        report.add(file, data.count(b"\n", 0, error.start) + 1, "", line, expected)
        return RawTable(name, file)
    return lay_out(name, file, _csv_records(file, text, report), report)


def _csv_records(file: str, text: str, report: Report) -> Iterator[Record]:
    seen = [""]

    def lines() -> Iterator[str]:
        for seen[0] in io.StringIO(text, newline=""):
            yield seen[0][:LINE_CHARACTERS_MAX]

    reader = csv.reader(lines(), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # Inside quotes that go on over lines nobody can tell where the next row starts.
            rest_too = reader.line_num > line
            report.add(file, line, "", seen[0], _why(error))
            yield line, Lost(seen[0], rest_too)
            if rest_too:
                return
        else:
            yield line, list(cells)


def _why(error: csv.Error) -> str:
    if "field larger" in str(error):
        return f"at most {CELL_CHARACTERS_MAX} characters in a cell, and quotes that are closed"
    return f"quotes around a cell that are closed again, two quotes for one inside it ({error})"
