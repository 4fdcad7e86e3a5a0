"""Opens every CSV file of result folders with pandas and DuckDB, without options, and says what is wrong.

    python open.py FOLDER...

Each must find the header's columns, all rows, numbers in the columns that end in _s or are counts, and text in the others.
Exit code 1 when something is wrong, 3 when a package is missing.
"""

import csv
import pathlib
import sys

try:
    import duckdb
    import pandas
except ImportError as missing:
    print(f"{missing.name} is not there")
    sys.exit(3)

# Columns that hold text; an axis of a sweep holds what was asked for.
TEXTS = {"job", "dependency", "outcome", "reason", "phase", "recovery", "upset_by", "allowed", "knee", "makespan_left_bounds"}
complaints = []
files = [file for folder in sys.argv[1:] for file in sorted(pathlib.Path(folder).glob("*.csv"))]


def must(holds, file, what):
    if not holds:
        complaints.append(f"{file.parent.name}/{file.name}: {what}")


for file in files:
    with open(file, newline="", encoding="utf-8") as opened:
        header, *rows = list(csv.reader(opened))
    axes = set(header[: header.index("replications")]) if file.name == "sweep.csv" else set()
    frame = pandas.read_csv(file)
    table = duckdb.connect().sql(f"SELECT * FROM '{file}'")
    must(list(frame.columns) == header, file, f"pandas sees the columns {list(frame.columns)}")
    must(table.columns == header, file, f"DuckDB sees the columns {table.columns}")
    must(len(frame) == len(rows), file, f"pandas sees {len(frame)} of {len(rows)} rows")
    must(len(table.fetchall()) == len(rows), file, "DuckDB sees another number of rows")
    for name, kind in zip(header, table.types):
        values = [row[header.index(name)] for row in rows]
        if name in TEXTS | axes or all(value == "" for value in values):
            continue
        must(pandas.api.types.is_numeric_dtype(frame[name]), file, f"pandas takes {name} for {frame[name].dtype}")
        must(str(kind) in ("BIGINT", "DOUBLE"), file, f"DuckDB takes {name} for {kind}")
    for name in TEXTS & set(header):
        values = {row[header.index(name)] for row in rows} - {""}
        must(set(map(str, frame[name].dropna())) - {"True", "False"} <= values, file, f"pandas reads other texts in {name}")
    for cell in [cell for row in [header, *rows] for cell in row]:
        plain = cell[:1] in ("=", "+", "-", "@", "\t", "\r")
        try:
            float(cell)
        except ValueError:
            must(not plain, file, f"a spreadsheet would run {cell!r}")

must(len(files) > 0, pathlib.Path("."), "no file")
for complaint in complaints:
    print(complaint)
print(f"{len(files)} files, {len(complaints)} complaints")
sys.exit(1 if complaints else 0)
