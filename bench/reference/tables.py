"""The reference's side of bench/tables.ts.

    python tables.py make FOLDER     from small.csv the other formats
    python tables.py read LIBRARY FILE     reads it once; prints one line of JSON
"""

import json
import resource
import sys
import time


def make(folder):
    import numpy as np
    import pandas as pd
    from astropy.table import Table

    frame = pd.read_csv(f"{folder}/small.csv", dtype={"objid": "int64"})
    frame.to_parquet(f"{folder}/small.parquet", compression="snappy")
    columns = {name: frame[name].to_numpy() for name in frame}
    columns["sample"] = np.array(frame["sample"], dtype="U")
    table = Table(columns)
    table.write(f"{folder}/small.fits")
    table.write(f"{folder}/small.ecsv", format="ascii.ecsv")
    table.write(f"{folder}/small.vot", format="votable", tabledata_format="tabledata")
    table.write(f"{folder}/small_binary.vot", format="votable", tabledata_format="binary2")


def reader(library, path):
    ending = path.split(".", 1)[1]
    if library == "pandas":
        import pandas as pd

        if ending == "parquet":
            return lambda: pd.read_parquet(path)
        return lambda: pd.read_csv(path, sep="\t" if ending == "tsv" else ",")
    if library == "polars":
        import polars as pl

        if ending == "parquet":
            return lambda: pl.read_parquet(path)
        separator = "\t" if ending == "tsv" else ","
        return lambda: pl.read_csv(path, separator=separator, infer_schema_length=10_000)
    from astropy.table import Table

    form = {"fits": "fits", "ecsv": "ascii.ecsv", "vot": "votable"}[ending]
    # columns in the machine's order of bytes and text as text, as a data frame has them
    return lambda: Table.read(path, format=form).to_pandas()


def read(library, path):
    run = reader(library, path)
    start, before = time.perf_counter(), time.process_time()
    table = run()
    clock, cpu = time.perf_counter() - start, time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    rows, columns = table.shape
    print(json.dumps({"clock": clock, "cpu": cpu, "peak": peak, "rows": rows, "columns": columns}))


{"make": make, "read": read}[sys.argv[1]](*sys.argv[2:])
