"""Whatever happens to a package on its way, it is either read or refused in words, and never half written."""

from __future__ import annotations

import io
import random
import zipfile

import pytest
from small_package import NOW, SOUND, write_folder, write_workbook

from engine.errors import PackageError
from engine.intake import Known, import_package, read_package
from engine.store import Store

N_MUTANTS = 260

ODD_CELLS = [
    "", " ", "\u202eevil", "\u200b", "𝕬𝖉𝖆 👩‍👩‍👧", "e\u0301" * 50, "\ufeff", "\x00", "\x1b[2J",
    "=cmd|' /C calc'!A0", "@SUM(1)", "-1", "0", "1e308", "1e309", "NaN", "inf", "-inf", "9" * 400, "٣", "1,5",
    "1.0000000001", "0x10",
    "True", "null", "0001-01-01", "9999-12-31", "9999-12-31T23:59", "2026-02-30", "2026-10-25T02:30",
    "2026-03-29T02:30", "24:00", "2026-W49-2", "20261201T0900", "2026-12-01T09:00Z", '"', '""', '"a', "a;b;;c",
    "'; drop table facts.entry; --", "<script>alert(1)</script>", "../../etc/passwd", "x" * 9_999, "x" * 10_001,
    "\r", "\n", "r1", "v1", "q1", "sv;" * 500,
]  # fmt: skip
ENCODINGS = ["utf-16", "utf-16-le", "utf-32", "utf-7", "cp1252", "utf-8-sig", "cp037"]


def on_text(change):
    """Make a mutator of the text of one table into one of its bytes."""
    return lambda draw, data: change(draw, data.decode()).encode("utf-8", "surrogatepass")


def flip_bytes(draw, data):
    damaged = bytearray(data)
    for _ in range(draw.randint(1, 8)):
        damaged[draw.randrange(len(damaged))] = draw.randrange(256)
    return bytes(damaged)


def cut_off(draw, data):
    return data[: draw.randrange(len(data))]


def doubled(draw, data):
    return data + data[draw.randrange(len(data)) :]


def in_other_encoding(draw, data):
    return data.decode().encode(draw.choice(ENCODINGS), "replace")


@on_text
def with_odd_cells(draw, text):
    lines = [line.split(",") for line in text.splitlines()]
    for _ in range(draw.randint(1, 3)):
        row = draw.choice(lines)
        row[draw.randrange(len(row))] = draw.choice(ODD_CELLS)
    return "\n".join(",".join(row) for row in lines)


@on_text
def with_swapped_cells(draw, text):
    lines = [line.split(",") for line in text.splitlines()]
    one, other = draw.choice(lines), draw.choice(lines)
    i, j = draw.randrange(len(one)), draw.randrange(len(other))
    one[i], other[j] = other[j], one[i]
    return "\n".join(",".join(row) for row in lines)


@on_text
def with_columns_dropped_or_doubled(draw, text):
    lines = [line.split(",") for line in text.splitlines()]
    column, times = draw.randrange(len(lines[0])), draw.choice([0, 2])
    return "\n".join(",".join(row[:column] + row[column : column + 1] * times + row[column + 1 :]) for row in lines)


@on_text
def with_lines_shuffled(draw, text):
    lines = text.splitlines(keepends=True)
    return "".join(draw.choices(lines, k=len(lines)))


@on_text
def with_odd_signs(draw, text):
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(text))
        text = (
            text[:at] + draw.choice(['"', "\x00", "\r", ";", "\t", "\ud800", "\u2028", "\x85", ",", "🦊"]) + text[at:]
        )
    return text


MUTATORS = [
    flip_bytes,
    cut_off,
    doubled,
    in_other_encoding,
    with_odd_cells,
    with_odd_cells,
    with_swapped_cells,
    with_columns_dropped_or_doubled,
    with_lines_shuffled,
    with_odd_signs,
]


def damaged_folder(draw, folder):
    """Write the sound package with one or two of its files damaged, and now and then a broken descriptor."""
    write_folder(folder, SOUND)
    for _ in range(draw.randint(1, 2)):
        path = folder / f"{draw.choice(list(SOUND))}.csv"
        try:
            path.write_bytes(draw.choice(MUTATORS)(draw, path.read_bytes()))
        except (UnicodeDecodeError, IndexError, ValueError):
            path.write_bytes(b"")  # damaged twice, so badly that the second mutator found nothing to do
    if draw.random() < 0.1:
        descriptor = b'{"resources": [{"name": "residents", "path": "residents.csv"}]}'
        (folder / "datapackage.json").write_bytes(flip_bytes(draw, descriptor))
    return folder


def damaged_workbook(draw, folder):
    """Write the sound package as a workbook, damaged as an archive, in its XML, or in its tables."""
    folder.mkdir()
    tables = dict(SOUND)
    kind = draw.choice(["archive", "xml", "table"])
    if kind == "table":
        name = draw.choice(list(SOUND))
        tables[name] = with_swapped_cells(draw, tables[name].encode()).decode()
    path = write_workbook(folder / "pilot.xlsx", tables)
    if kind == "archive":
        path.write_bytes(draw.choice([flip_bytes, cut_off])(draw, path.read_bytes()))
    elif kind == "xml":
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        name = draw.choice([name for name in members if name.startswith("xl/")])
        members[name] = draw.choice([flip_bytes, cut_off])(draw, members[name])
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for member, data in members.items():
                archive.writestr(member, data)
        path.write_bytes(stream.getvalue())
    return path


@pytest.fixture(scope="module")
def empty_store():
    """Give a pilot that must still be empty when all packages were refused."""
    store = Store.in_memory()
    yield store
    with store.reading() as reading:
        assert reading.last_entry_no == 0
        assert reading.query("sealed_people", resident_ids=None).empty
    store.close()


@pytest.mark.parametrize("part", range(4))
def test_a_damaged_package_is_refused_in_words_or_read_whole(tmp_path, empty_store, part):
    draw = random.Random(part)
    n_refused = 0
    for i in range(N_MUTANTS // 4):
        damage = damaged_workbook if i % 4 == 0 else damaged_folder
        source = damage(draw, tmp_path / str(i))

        try:
            read_package(source, Known(), NOW)
        except PackageError as error:
            n_refused += 1
            assert all(b.expected and b.line >= 1 and len(b.value) <= 80 for b in error.bad_rows)
            assert all(str(b).isprintable() for b in error.bad_rows)
            with pytest.raises(PackageError):
                import_package(empty_store, source, "lisa", now=NOW)

    assert 0 < n_refused <= N_MUTANTS // 4


def test_odd_cells_that_are_let_through_can_be_stored_and_read_back(tmp_path):
    store = Store.in_memory()
    n_kept = 0
    for i, odd in enumerate(ODD_CELLS):
        row = f'r{i},"{odd.replace(chr(34), chr(34) * 2)}",,,,1283,56.05,12.70,1950,sv,'
        tables = {"residents": SOUND["residents"].splitlines()[0] + "\n" + row}

        try:
            import_package(store, write_folder(tmp_path / str(i), tables), "lisa", now=NOW)
        except PackageError:
            continue

        n_kept += 1
        with store.transaction("lisa", "look") as transaction:
            assert transaction.person(f"r{i}", "test")["name"] == odd.strip()
    assert n_kept > 30
