"""Tables in the formats of astronomers, and what astropy reads in them, for tests/data/formats.

    python -m pip install astropy==8.0.2 pyarrow==26.0.1 pillow==13.0.0
    python tests/reference/tables.py        (writes tables/ and tables.json beside this file)
"""

import gzip
import io
import json
import math
import os
from decimal import Decimal

import astropy
import numpy as np
import pyarrow
import pyarrow.feather
import pyarrow.parquet
from astropy.io import fits, votable
from astropy.table import MaskedColumn, Table
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
IDS = [587722952231026744, -(2**63) + 1, 2**53 + 1]


def every_kind():
    """A binary table with a column of each TFORM."""
    columns = [
        fits.Column("objid", "K", array=np.array(IDS)),
        fits.Column("flag", "L", array=np.array([True, False, True])),
        fits.Column("bits", "11X", array=np.array([[i % 2 == 0] * 5 + [True] * 6 for i in range(3)])),
        fits.Column("byte", "B", array=np.array([0, 7, 255], dtype=np.uint8)),
        fits.Column("sbyte", "B", bzero=-128, array=np.array([-128, 0, 127], dtype=np.int8)),
        fits.Column("short", "I", null=-99, array=np.array([1, -99, 32767], dtype=np.int16)),
        fits.Column("ushort", "I", bzero=2**15, array=np.array([0, 1, 65535], dtype=np.uint16)),
        fits.Column("int", "J", unit="km/s", array=np.array([1, -2, 2**31 - 1], dtype=np.int32)),
        fits.Column("uint", "J", bzero=2**31, array=np.array([0, 1, 2**32 - 1], dtype=np.uint32)),
        fits.Column("ulong", "K", bzero=2**63, array=np.array([0, 1, 2**64 - 1], dtype=np.uint64)),
        fits.Column("float", "E", array=np.array([0.1, np.nan, -np.inf], dtype=np.float32)),
        fits.Column("ra", "D", unit="deg", array=np.array([10.5, np.nan, 359.9])),
        fits.Column("scaled", "I", array=np.array([0, 1, 30], dtype=np.int16)),
        fits.Column("name", "6A", array=np.array(["NGC 1", "", "UGC 22"])),
        fits.Column("names", "8A", dim="(4,2)", array=np.array([["a", "bc"], ["def", ""], ["g", "h"]])),
        fits.Column("vector", "3I", array=np.arange(9, dtype=np.int16).reshape(3, 3)),
        fits.Column("matrix", "4D", dim="(2,2)", array=np.arange(12.0).reshape(3, 2, 2)),
        fits.Column("longs", "2K", array=np.array([IDS[:2], [0, 1], [2, 3]])),
        fits.Column("complex", "C", array=np.array([1 + 2j, 3 - 4j, 0], dtype=np.complex64)),
        fits.Column("ragged", "PE()", array=np.array([[1.5], [], [2.5, 3.5]], dtype=object)),
        fits.Column("wide", "QK()", array=np.array([[IDS[0]], [1, 2], []], dtype=object)),
    ]
    hdu = fits.BinTableHDU.from_columns(columns, name="CATALOGUE")
    hdu.header.update({"TSCAL13": 0.25, "TZERO13": -7.5})
    return hdu


def ascii_table():
    columns = [
        fits.Column("objid", "I20", array=np.array(IDS)),
        fits.Column("ra", "F10.4", unit="deg", array=np.array([10.5, -0.25, 359.9])),
        fits.Column("flux", "E15.7", array=np.array([1e-30, 2.5e8, 0.0])),
        fits.Column("deep", "D25.17", array=np.array([0.1, 1 / 3, -2.0])),
        fits.Column("count", "I6", array=np.array([1, 2, 3])),
        fits.Column("name", "A7", array=np.array(["NGC 1", "M 31", "UGC 22"])),
    ]
    hdu = fits.TableHDU.from_columns(columns, name="ASCII")
    return hdu


def plain(value):
    """A value as JSON: integers as text, None for what is masked, NaN and infinities as text."""
    if value is np.ma.masked or value is None:
        return None
    if isinstance(value, np.ndarray | list | tuple):
        mask = np.ma.getmaskarray(value).ravel() if isinstance(value, np.ma.MaskedArray) else None
        flat = np.asarray(value).ravel()
        items = [None if mask is not None and mask[i] else plain(item) for i, item in enumerate(flat)]
        if np.iscomplexobj(flat):
            return [part for item in flat for part in (plain(item.real), plain(item.imag))]
        return items
    if isinstance(value, np.complexfloating):
        return [plain(value.real), plain(value.imag)]
    if isinstance(value, np.bool_ | bool):
        return bool(value)
    if isinstance(value, np.integer | int):
        return str(int(value))
    if isinstance(value, np.floating | float):
        value = float(value)
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes):
        value = value.decode()
    return value.rstrip() or None


def expected(table):
    return {
        "columns": {
            name: [plain(value) for value in table[name]] for name in table.colnames
        },
        "units": {name: str(table[name].unit) for name in table.colnames if table[name].unit},
    }


def packed(data):
    return gzip.compress(data, mtime=0)


def fits_bytes(*hdus):
    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(buffer)
    return buffer.getvalue()


def vo_table():
    table = Table()
    table["objid"] = MaskedColumn(IDS, mask=[False, False, True])
    table["ra"] = np.array([10.5, np.nan, -np.inf])
    table["ra"].unit = "deg"
    table["mag"] = MaskedColumn(np.array([1.5, 2.5, 3.5], dtype=np.float32), mask=[False, True, False])
    table["votes"] = MaskedColumn(np.array([1, 2, 3], dtype=np.int16), mask=[False, True, False])
    table["byte"] = np.array([0, 7, 255], dtype=np.uint8)
    table["flag"] = MaskedColumn([True, False, True], mask=[False, False, True])
    table["name"] = ["NGC 1", "Café & Co <b>", ""]
    table["vector"] = np.arange(6, dtype=np.int32).reshape(3, 2)
    table["complex"] = np.array([1 + 2j, 3 - 4j, 0])
    return table


def ecsv_table():
    table = vo_table()
    table.remove_columns(["complex", "byte"])
    table["name"] = ["NGC 1", 'with "quotes", and a comma', "last"]
    table["empty"] = MaskedColumn(["a", "b", "c"], mask=[False, True, False])
    table["ragged"] = np.array([[1.5], [], [2.5, None]], dtype=object)
    table["ragged"].description = "lists of their own lengths, and a long description " * 3
    table.meta["survey"] = {"name": "a survey"}
    return table


def image_bytes(level):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (level, 0, 255 - level)).save(buffer, "PNG")
    return buffer.getvalue()


def hugging_face():
    return pyarrow.table({
        "image": pyarrow.array(
            [{"bytes": image_bytes(40 * i), "path": None if i == 2 else f"{i}.png"} for i in range(5)],
            pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())]),
        ),
        "id_str": [str(IDS[0] + i) for i in range(5)],
        "objid": pyarrow.array([IDS[0] + i for i in range(5)], pyarrow.int64()),
        "label": pyarrow.array([0, 1, 0, 1, None], pyarrow.int64()),
        "smooth-or-featured-gz2_smooth": pyarrow.array([12, 3, 0, 5, 7], pyarrow.int32()),
        "embedding": pyarrow.array([[0.5, 1.5]] * 5, pyarrow.list_(pyarrow.float32())),
        "thumbnail": pyarrow.array([image_bytes(i) for i in range(5)], pyarrow.binary()),
    })


def every_type():
    """Types that JavaScript has no number for, structures, lists of lists."""
    half, decimals = pyarrow.float16(), pyarrow.decimal128(6, 2)
    votes = [{"smooth": np.float16(0.5), "deep": {"objid": i, "text": "a"}} for i in IDS[:2]]
    deep = pyarrow.struct([("objid", pyarrow.int64()), ("text", pyarrow.string())])
    return pyarrow.table({
        "objid": pyarrow.array(IDS),
        "half": pyarrow.array([np.float16(0.1), None, np.float16("nan")], half),
        "halves": pyarrow.array([[np.float16(0.5)], None, []], pyarrow.list_(half)),
        "mag": pyarrow.array([Decimal("17.25"), None, Decimal("-0.5")], decimals),
        "mags": pyarrow.array([[Decimal("1.5")], None, []], pyarrow.list_(decimals)),
        "votes": pyarrow.array([*votes, None], pyarrow.struct([("smooth", half), ("deep", deep)])),
        "nested": pyarrow.array([[IDS[:1], []], None, []], pyarrow.list_(pyarrow.list_(pyarrow.int64()))),
        "class": pyarrow.array(["S", "E", "S"]).dictionary_encode(),
        "map": pyarrow.array([[("a", 1)], None, []], pyarrow.map_(pyarrow.string(), pyarrow.int64())),
        "bytes": pyarrow.array([b"a", None, b""]),
    })


def masked_table():
    """Masked columns, whose hidden values are plausible."""
    return Table({
        "objid": IDS,
        "z": MaskedColumn([0.05, 0.6, np.nan], mask=[False, True, False]),
        "n": MaskedColumn([1, 2, 3], mask=[False, False, True]),
        "class": MaskedColumn(["S", "E", "S"], mask=[True, False, False]),
    })


def main():
    folder = os.path.join(HERE, "tables")
    os.makedirs(folder, exist_ok=True)
    facts = {}

    def write(name, data, table):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
        if table is not None:
            facts[name] = expected(table)

    binary, text = every_kind(), ascii_table()
    data = fits_bytes(binary)
    write("kinds.fits.gz", packed(data), Table.read(io.BytesIO(data), hdu=1, unit_parse_strict="silent"))
    data = fits_bytes(text)
    write("ascii.fits.gz", packed(data), Table.read(io.BytesIO(data), hdu=1))
    write("several.fits.gz", packed(fits_bytes(fits.ImageHDU(np.zeros((2, 2))), binary, text)), None)
    for form in ["tabledata", "binary", "binary2"]:
        buffer = io.BytesIO()
        table = vo_table()
        if form == "binary":
            table["flag"] = table["flag"].filled(False)  # it has no way to say that a bit is missing
        document = votable.from_table(table)
        for field in document.get_first_table().fields:
            if field.name in ("objid", "votes") and form != "binary2":
                field.values.null = -99
        document.to_xml(buffer, tabledata_format=form)
        data = buffer.getvalue()
        read = votable.parse_single_table(io.BytesIO(data)).to_table()
        write(f"{form}.vot", data, read)
    for name, delimiter in [("blank.ecsv", " "), ("comma.ecsv", ",")]:
        buffer = io.StringIO()
        ecsv_table().write(buffer, format="ascii.ecsv", delimiter=delimiter)
        write(name, buffer.getvalue().encode(), Table.read(buffer.getvalue(), format="ascii.ecsv"))
    pyarrow.parquet.write_table(
        hugging_face(), os.path.join(folder, "images.parquet"), compression="zstd", row_group_size=2
    )
    pyarrow.parquet.write_table(every_type(), os.path.join(folder, "types.parquet"))
    arrow = os.path.join(folder, "types.arrow")
    pyarrow.feather.write_feather(every_type(), arrow, compression="uncompressed")
    with pyarrow.OSFile(os.path.join(folder, "stream.arrow"), "wb") as file:
        with pyarrow.ipc.new_stream(file, every_type().schema) as stream:
            stream.write_table(every_type())
    buffer = io.StringIO()
    masked_table().write(buffer, format="ascii.ecsv", serialize_method="data_mask")
    write("masked.ecsv", buffer.getvalue().encode(), Table.read(buffer.getvalue(), format="ascii.ecsv"))
    path = os.path.join(folder, "masked.parquet")
    masked_table().write(path, format="parquet", overwrite=True)
    facts["masked.parquet"] = expected(Table.read(path, format="parquet"))
    facts["versions"] = {"generator": "tests/reference/tables.py", "astropy": astropy.__version__}
    with open(os.path.join(HERE, "tables.json"), "w", encoding="utf-8") as file:
        json.dump(facts, file, separators=(",", ":"))
        file.write("\n")


main()
