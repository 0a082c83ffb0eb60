#!/usr/bin/env python3
"""Writes the generated conversion cases (*.gen.conv) beside this file.

Expected values come from Python's own arithmetic (decimal, fractions, struct, datetime, zoneinfo,
codecs) and the tables of the ODBC reference, appendix D, never from the driver. Run it after a change
and commit the result: the tests read the files only. The format is explained in README.md.
"""
import codecs
import os
import struct
from datetime import datetime, timedelta, timezone
from decimal import Decimal, getcontext
from fractions import Fraction
from zoneinfo import ZoneInfo

getcontext().prec = 120
HERE = os.path.dirname(os.path.abspath(__file__))
INTS = {
    "BOOL": (0, 1, 1), "TINYINT": (-2**7, 2**7 - 1, 1), "SMALLINT": (-2**15, 2**15 - 1, 2),
    "INT": (-2**31, 2**31 - 1, 4), "BIGINT": (-2**63, 2**63 - 1, 8), "TINYINT UNSIGNED": (0, 2**8 - 1, 2),
    "SMALLINT UNSIGNED": (0, 2**16 - 1, 4), "INT UNSIGNED": (0, 2**32 - 1, 8),
    "BIGINT UNSIGNED": (0, 2**64 - 1, 8),
}  # lowest, highest, bytes of the default C type
C_INTS = {
    "TINYINT": (-2**7, 2**7 - 1, 1), "STINYINT": (-2**7, 2**7 - 1, 1), "UTINYINT": (0, 2**8 - 1, 1),
    "SHORT": (-2**15, 2**15 - 1, 2), "SSHORT": (-2**15, 2**15 - 1, 2), "USHORT": (0, 2**16 - 1, 2),
    "LONG": (-2**31, 2**31 - 1, 4), "SLONG": (-2**31, 2**31 - 1, 4), "ULONG": (0, 2**32 - 1, 4),
    "SBIGINT": (-2**63, 2**63 - 1, 8), "UBIGINT": (0, 2**64 - 1, 8),
}
SINGLE = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"]
MULTI = ["YEAR_TO_MONTH", "DAY_TO_HOUR", "DAY_TO_MINUTE", "DAY_TO_SECOND", "HOUR_TO_MINUTE",
         "HOUR_TO_SECOND", "MINUTE_TO_SECOND"]
out = None


def case(typ, value, ctype, cap, outcome, ind="-", data="-"):
    out.append(f"{typ} | {value} | {ctype} | {cap} | {outcome} | {ind} | {data}")


def setting(text):
    out.append(f"@{text}")


def family(name, about, fn):
    global out
    out = [f"# {about}", "# Written by gen.py."]
    fn()
    with open(os.path.join(HERE, name + ".gen.conv"), "w") as f:
        f.write("\n".join(out) + "\n")
    return sum(1 for line in out if line[0] not in "#@")


def quote(text, raw=False):
    """A text literal of the format; bytes become \\xHH when raw."""
    if raw:
        return "'" + "".join(chr(b) if 32 <= b < 127 and b not in b"'\\|" else f"\\x{b:02x}" for b in text) + "'"
    return "'" + "".join(c if 32 <= ord(c) < 127 and c not in "'\\|" else f"\\u{{{ord(c):x}}}" for c in text) + "'"


def float32(x):
    """The nearest float, None when it is out of range."""
    try:
        return struct.unpack("<f", struct.pack("<f", x))[0]
    except OverflowError:
        return None


def lit(x):
    if x != x:
        return "NaN"
    if x in (float("inf"), float("-inf")):
        return "Infinity" if x > 0 else "-Infinity"
    return x.hex()


def cut_int(value, lo, hi):
    """Fraction -> (outcome, integer): cut toward zero, 22003 outside."""
    whole = int(value)  # toward zero
    if not lo <= whole <= hi:
        return "22003", None
    return ("ok" if whole == value else "01S07"), whole


def bit_of(value):
    if value < 0 or value >= 2:
        return "22003", None
    return ("ok" if value in (0, 1) else "01S07"), int(value)


def numeric(value, scale):
    """Fraction -> (outcome, unscaled) in 38 digits."""
    scaled = value * 10**scale
    whole = int(scaled)
    if abs(whole) >= 10**38:
        return "22003", None
    return ("ok" if whole == scaled else "01S07"), whole


def numeric_text(precision, scale, unscaled, negative):
    return f"{precision} {scale} {'-' if negative else '+'} {abs(unscaled)}"


def to_numbers(typ, shown, value, numeric_scale=0, numeric_precision=38):
    """Every numeric C type of an exact value."""
    for c, (lo, hi, width) in C_INTS.items():
        rc, v = cut_int(value, lo, hi)
        case(typ, shown, c, "-", rc, width if v is not None else "-", v if v is not None else "-")
    rc, v = bit_of(value)
    case(typ, shown, "BIT", "-", rc, 1 if v is not None else "-", v if v is not None else "-")
    d = value.numerator / value.denominator
    case(typ, shown, "DOUBLE", "-", "ok", 8, lit(d))
    case(typ, shown, "FLOAT", "-", "ok", 4, lit(float32(d)))
    rc, v = numeric(value, numeric_scale)
    case(typ, shown, "NUMERIC", "-", rc, 19 if v is not None else "-",
         numeric_text(numeric_precision, numeric_scale, v, v < 0) if v is not None else "-")


def put_text(typ, shown, text, whole, caps):
    """Text of a number: whole characters must fit, the rest may be cut (the point goes with its last digit)."""
    for cap in caps:
        room = cap - 1
        cut = text if len(text) <= room else None
        if cut is None and whole <= room:
            cut = text[:room].rstrip(".")
        rc = "22003" if cut is None else "ok" if cut == text else "01004"
        case(typ, shown, "CHAR", cap, rc, len(text) if cut is not None else "-", quote(cut) if cut is not None else "-")
        case(typ, shown, "WCHAR", cap * 2 + (cap % 2), rc, 2 * len(text) if cut is not None else "-",
             quote(cut) if cut is not None else "-")


def integers():
    marks = sorted({s * (2**b + k) for b in (7, 8, 15, 16, 31, 32, 63, 64) for k in (-1, 0, 1) for s in (1, -1)})
    for typ, (lo, hi, width) in INTS.items():
        near = [v for v in marks if lo <= v <= hi and (abs(v) > 2**30 or abs(v) in (2**7, 2**15, 2**16))]
        values = sorted({lo, hi, 0, 1} | ({2, -1, 127, 128, 200, -128, -129} & set(range(max(lo, -300), min(hi, 300) + 1)))
                        | set(near[:: max(1, len(near) // 5)]))
        for v in values:
            to_numbers(typ, v, Fraction(v))
            text = str(v)
            put_text(typ, v, text, len(text), [len(text) + 1, len(text), 40])
            raw = (v & (2**64 - 1)).to_bytes(8, "little")[:width].hex()
            case(typ, v, "BINARY", width, "ok", width, f"x'{raw}'")
            case(typ, v, "BINARY", width - 1, "22003")
        for c, (c_lo, c_hi, c_width) in C_INTS.items():  # just inside and just outside of each target
            for v in (c_lo - 1, c_lo, c_hi, c_hi + 1):
                if lo <= v <= hi:
                    rc, cut = cut_int(Fraction(v), c_lo, c_hi)
                    case(typ, v, c, "-", rc, c_width if cut is not None else "-", v if cut is not None else "-")


def shortest(x, is_float):
    """The text rule of num.h: shortest digits, fixed for exponents -5..16 (float: ..8)."""
    if x != x:
        return "NaN"
    if x in (float("inf"), float("-inf")):
        return "Infinity" if x > 0 else "-Infinity"
    if x == 0:
        return "-0" if struct.pack("<d", x)[7] & 128 else "0"
    if is_float:
        for p in range(1, 10):
            digits = f"{x:.{p - 1}e}"
            if float32(float(digits)) == x:
                break
    else:
        digits = f"{Decimal(repr(x)):e}"
    mantissa, exp = digits.lower().split("e")
    exp = int(exp)
    sign = "-" if mantissa[0] == "-" else ""
    ds = mantissa.lstrip("-").replace(".", "").rstrip("0") or "0"
    if -5 <= exp <= (8 if is_float else 16):
        if exp < 0:
            return sign + "0." + "0" * (-exp - 1) + ds
        if len(ds) <= exp + 1:
            return sign + ds + "0" * (exp + 1 - len(ds))
        return sign + ds[: exp + 1] + "." + ds[exp + 1:]
    return sign + ds[0] + ("." + ds[1:] if len(ds) > 1 else "") + f"e{'-' if exp < 0 else '+'}{abs(exp):02d}"


REALS = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 1.999999, 2.0, 127.0, 127.9, 128.0, -128.9, -129.0, 255.5, 256.0, 32767.5,
         32768.0, -32768.5, 65535.9, 65536.0, 2147483647.0, 2147483648.0, -2147483648.0, 4294967295.5, 4294967296.0,
         9.2e18, 9223372036854775808.0, -9223372036854775808.0, 1.8e19, 18446744073709551616.0, 1e-7, 1.1e-5, 0.1,
         1234.5678, 3.4028234663852886e38, 1e39, 1e300, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1e16,
         1e17, 123456789012345680.0, -0.00001234, float("nan"), float("inf"), float("-inf")]


def reals():
    for typ in ("FLOAT", "DOUBLE"):
        seen = set()
        for x in REALS:
            if typ == "FLOAT":
                x = float32(x)
            if x is None or (x == 0 and abs(x) in seen and str(x) in seen) or str(x) in seen:
                continue
            seen.add(str(x))
            one_real(typ, x)


def one_real(typ, x):
    shown = lit(x)
    finite = x == x and abs(x) != float("inf")
    for c, (lo, hi, width) in C_INTS.items():
        if c in ("TINYINT", "SHORT", "LONG"):
            continue
        rc, v = cut_int(Fraction(x), lo, hi) if finite else ("22003", None)
        case(typ, shown, c, "-", rc, width if v is not None else "-", v if v is not None else "-")
    rc, v = bit_of(Fraction(x)) if finite else ("22003", None)
    case(typ, shown, "BIT", "-", rc, 1 if v is not None else "-", v if v is not None else "-")
    case(typ, shown, "DOUBLE", "-", "ok", 8, shown)
    f = float32(x) if finite else x
    case(typ, shown, "FLOAT", "-", "ok" if f is not None else "22003", 4 if f is not None else "-",
         lit(f) if f is not None else "-")
    text = shortest(x, typ == "FLOAT")
    whole = text.index(".") if "." in text and "e" not in text else len(text)
    put_text(typ, shown, text, whole, sorted({len(text) + 1, len(text), whole + 1, whole} - {0, 1}))
    raw = struct.pack("<f" if typ == "FLOAT" else "<d", x)
    case(typ, shown, "BINARY", len(raw), "ok", len(raw), f"x'{raw.hex()}'")
    case(typ, shown, "BINARY", len(raw) - 1, "22003")
    for scale in (None, 3):
        if scale is not None:
            setting("numeric 12 3")
        rc, v = numeric(Fraction(Decimal(text)), scale or 0) if finite else ("22003", None)
        if v is not None and scale is not None and abs(v) >= 10**12:
            rc, v = "22003", None
        case(typ, shown, "NUMERIC", "-", rc, 19 if v is not None else "-",
             numeric_text(12 if scale else 38, scale or 0, v, v < 0) if v is not None else "-")
    setting("numeric -")


DECIMALS = [("DECIMAL(5,2)", ["0.00", "1.00", "-1.00", "1.50", "-0.50", "0.05", "1.99", "2.00", "127.99", "128.00",
                              "999.99", "-999.99"]),
            ("DECIMAL(10,0)", ["0", "1", "-1", "2147483648", "4294967296", "-9999999999"]),
            ("DECIMAL(18,18)", ["0.000000000000000001", "0.999999999999999999", "-0.100000000000000000"]),
            ("DECIMAL(38,0)", ["9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
                               "-9223372036854775808", "-9223372036854775809", "9" * 38, "-" + "9" * 38]),
            ("DECIMAL(38,10)", ["1234567890123456789012345678.0123456789", "-0.0000000001", "0.0000000000",
                                "9223372036854775807.9999999999", "-32768.5000000000"]),
            ("DECIMAL(20,4)", ["65535.0001", "1234.5600", "-1234.5600", "12345678901234.5678"])]


def decimals():
    for typ, values in DECIMALS:
        precision, scale = (int(v) for v in typ[8:-1].split(","))
        for text in values:
            value = Fraction(Decimal(text))
            to_numbers(typ, text, value, scale, precision)
            unscaled = int(value * 10**scale)
            whole = text.index(".") if "." in text else len(text)
            caps = sorted({len(text) + 1, len(text), whole + 3, whole + 2, whole + 1, whole} - {0, 1})
            put_text(typ, text, text, whole, caps)
            raw = bytes([precision, scale, 0 if unscaled < 0 else 1]) + abs(unscaled).to_bytes(16, "little")
            case(typ, text, "BINARY", 19, "ok", 19, f"x'{raw.hex()}'")
            case(typ, text, "BINARY", 18, "22003")
            for p, s in ((10, 2), (38, 12), (3, 0)):
                setting(f"numeric {p} {s}")
                rc, v = numeric(value, s)
                if v is not None and abs(v) >= 10**p:
                    rc, v = "22003", None
                case(typ, text, "NUMERIC", "-", rc, 19 if v is not None else "-",
                     numeric_text(p, s, v, v < 0) if v is not None else "-")
            setting("numeric -")


ZONES = ["UTC", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
UNITS = {"ms": 10**3, "us": 10**6, "ns": 10**9}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def local(sec, zone):
    return (EPOCH + timedelta(seconds=sec)).astimezone(ZoneInfo(zone))


def instants(zone):
    """Ordinary instants, and seconds around changes of the zone's offset from 1900 on."""
    found = [-2208988800, -1, 0, 1, 951782400 + 3600, 1700000000, 1709208000, 4102444800, 9223372036]
    lo = -2208988800
    t, step = lo, 86400 * 20
    last = local(t, zone).utcoffset()
    edges = []
    while t < 2524608000:
        off = local(t + step, zone).utcoffset()
        if off != last:
            a, b = t, t + step
            while b - a > 1:
                m = (a + b) // 2
                if local(m, zone).utcoffset() == last:
                    a = m
                else:
                    b = m
            edges.append(b)
        last, t = off, t + step
    pick = edges[:4] + [e for e in edges if e > 1577836800][:4]
    for e in pick:
        found += [e - 1, e]
    return found


def timestamps():
    for zone in ZONES:
        setting(f"zone {zone}")
        for n, sec in enumerate(instants(zone)):
            prec = list(UNITS)[n % 3]
            one_timestamp(zone, sec, prec, [0, 1, 123, 999, 500][n % 5] * 10**6 + ([0, 456, 1][n % 3] * 1000 if prec != "ms" else 0)
                          + ([789, 0, 999][n % 3] if prec == "ns" else 0))
    setting("zone UTC")
    for prec in UNITS:
        for nanos in (0, 5 * 10**8):
            one_timestamp("UTC", 1700006400 - 1700006400 % 86400, prec, nanos, caps=True)
        one_timestamp("UTC", 1700000000, prec, 10**6, caps=True)


def one_timestamp(zone, sec, prec, nanos, caps=False):
    digits = {"ms": 3, "us": 6, "ns": 9}[prec]
    v = sec * UNITS[prec] + nanos * UNITS[prec] // 10**9
    typ = f"TIMESTAMP({prec})"
    if not -2**63 <= v < 2**63:
        return
    d = local(sec, zone)
    whole = d.strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")
    text = f"{whole}.{nanos // 10**(9 - digits):0{digits}d}"
    case(typ, v, "TYPE_TIMESTAMP", "-", "ok", 16, f"{whole}.{nanos:09d}")
    case(typ, v, "TYPE_DATE", "-", "ok" if whole[11:] == "00:00:00" and nanos == 0 else "01S07", 6, whole[:10])
    case(typ, v, "TYPE_TIME", "-", "ok" if nanos == 0 else "01S07", 6, whole[11:])
    case(typ, v, "SBIGINT", "-", "ok", 8, v)
    put_text(typ, v, text, 19, [30, 20, 19, 21, 22, 23, 24, 26, 27, 29] if caps else [len(text) + 1])
    if caps:
        for c in ("TIMESTAMP", "DATE", "TIME"):
            case(typ, v, c, "-", *{"TIMESTAMP": ("ok", 16, f"{whole}.{nanos:09d}"),
                                   "DATE": ("ok" if whole[11:] == "00:00:00" and nanos == 0 else "01S07", 6, whole[:10]),
                                   "TIME": ("ok" if nanos == 0 else "01S07", 6, whole[11:])}[c])
        raw = struct.pack("<hHHHHHI", d.year, d.month, d.day, d.hour, d.minute, d.second, nanos)
        case(typ, v, "BINARY", 16, "ok", 16, f"x'{raw.hex()}'")
        case(typ, v, "BINARY", 15, "22003")


TEXTS = ["", "a", "abcdef", "1234567", "12345678", "123456789", "0123456789abcdef!", "é", "äöü€", "日本語テスト", "x😀y", "😀😀",
         "mixed é and 日本 and 😀 in one longer line of text", "tab\tnl\n", "\u0001\u007f", "\ufffd\uffff", "\ud7ff\ue000"]


def clip(units, room):
    """Whole code points (lists of units) that fit in `room` units."""
    n = 0
    kept = []
    for u in units:
        if n + len(u) > room:
            break
        n += len(u)
        kept.append(u)
    return kept


def texts():
    for typ in ("VARCHAR", "NCHAR", "JSON"):
        for t in TEXTS:
            utf8 = [c.encode() for c in t]
            utf16 = [c.encode("utf-16-le") for c in t]
            n8, n16 = sum(map(len, utf8)), sum(map(len, utf16))
            for cap in sorted({n8 + 1, n8, n8 + 9, 1, 2, 4, max(1, n8 // 2)}):
                kept = "".join(u.decode() for u in clip(utf8, cap - 1))
                case(typ, quote(t), "CHAR", cap, "ok" if n8 < cap else "01004", n8, quote(kept))
            for cap in sorted({n16 + 2, n16, n16 + 9, 2, 3, 4, 6, max(2, n16 // 2)} - {0}):
                kept = "".join(u.decode("utf-16-le") for u in clip(utf16, cap - 2))
                case(typ, quote(t), "WCHAR", cap, "ok" if n16 + 2 <= cap else "01004", n16, quote(kept))
            wide = typ != "VARCHAR"
            raw = t.encode("utf-16-le") if wide else t.encode()
            for cap in sorted({len(raw), len(raw) + 3, max(0, len(raw) - 1), 0}):
                kept = b"".join(clip(utf16, cap)) if wide else raw[:cap]
                case(typ, quote(t), "BINARY", cap, "ok" if len(raw) <= cap else "01004", len(raw), f"x'{kept.hex()}'")
    for bad in (b"\xff", b"a\x80b", b"\xe2\x82", b"\xe2\x82A", b"\xf0\x9f\x98", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
                b"ok then \xfe\xfe and more text", b"\xe4\xb8\xad\xe4\xb8"):
        for typ in ("VARCHAR", "JSON"):
            fixed = codecs.decode(bad, "utf-8", "replace")
            enc, wide = fixed.encode(), fixed.encode("utf-16-le")
            case(typ, quote(bad, raw=True), "CHAR", 80, "01000", len(enc), quote(fixed))
            case(typ, quote(bad, raw=True), "WCHAR", 160, "01000", len(wide), quote(fixed))
        case("VARCHAR", quote(bad, raw=True), "BINARY", 80, "ok", len(bad), f"x'{bad.hex()}'")


def split(unscaled_text):
    return Fraction(Decimal(unscaled_text))


NUMBER_TEXTS = ["0", "1", "-1", "+1", "  42  ", "42.0", "1.5", "-0.5", "0.5", ".5", "5.", "2", "1.9999", "127", "128", "-128", "-129",
                "255", "256", "65535", "65536", "2147483647", "2147483648", "4294967296", "9223372036854775807",
                "9223372036854775808", "18446744073709551615", "18446744073709551616", "1e2", "12E-1", "-1.5e3", "1e-400",
                "1e19", "99999999999999999999999999999999999999", "100000000000000000000000000000000000000",
                "0.000000000000000000000000000000000000001", "00000000000000000000000000000000000007"]
BAD_NUMBERS = ["", "   ", "abc", "1x", "0x10", "1 2", "--1", "1e", ".", "1,5", "١", "1\u00a0", "$5"]


def textnumbers():
    for n, t in enumerate(NUMBER_TEXTS):
        typ = ("VARCHAR", "NCHAR", "JSON")[n % 3]
        to_numbers(typ, quote(t), Fraction(Decimal(t.strip())))
        setting("numeric 20 5")
        rc, v = numeric(Fraction(Decimal(t.strip())), 5)
        if v is not None and abs(v) >= 10**20:
            rc, v = "22003", None
        case(typ, quote(t), "NUMERIC", "-", rc, 19 if v is not None else "-",
             numeric_text(20, 5, v, v < 0) if v is not None else "-")
        setting("numeric -")
    for t in BAD_NUMBERS:
        for typ in ("VARCHAR", "NCHAR"):
            for c in ("STINYINT", "UBIGINT", "BIT", "DOUBLE", "FLOAT", "NUMERIC", "TYPE_DATE", "TYPE_TIME", "TYPE_TIMESTAMP",
                      "GUID", "INTERVAL_DAY"):
                if (t, c) == ("1 2", "INTERVAL_DAY"):
                    continue  # one day and two hours
                case(typ, quote(t), c, "-", "22018")
    for t, d in (("1e39", 1e39), ("-1e300", -1e300), ("3.4028235e38", 3.4028235e38), ("3.5e38", 3.5e38)):
        case("VARCHAR", quote(t), "DOUBLE", "-", "ok", 8, lit(d))
        f = float32(d)
        case("VARCHAR", quote(t), "FLOAT", "-", "ok" if f else "22003", 4 if f else "-", lit(f) if f else "-")
        case("VARCHAR", quote(t), "SBIGINT", "-", "22003")
    case("VARCHAR", "'1e400'", "DOUBLE", "-", "22003")
    case("VARCHAR", "'NaN'", "DOUBLE", "-", "ok", 8, "NaN")
    case("VARCHAR", "'-Infinity'", "FLOAT", "-", "ok", 4, "-Infinity")
    case("VARCHAR", "'NaN'", "SLONG", "-", "22018")


def texttimes():
    setting("today 2024-05-06")
    good = [("2023-02-28", "2023-02-28", None, 0), ("2024-02-29 23:59:59", "2024-02-29", "23:59:59", 0),
            (" 1969-12-31 00:00:00 ", "1969-12-31", "00:00:00", 0), ("2023-02-28T10:11:12", "2023-02-28", "10:11:12", 0),
            ("2023-02-28 10:11:12.5", "2023-02-28", "10:11:12", 500000000),
            ("2023-02-28 10:11:12.123456789", "2023-02-28", "10:11:12", 123456789), ("10:11:12", None, "10:11:12", 0),
            ("10:11:12.25", None, "10:11:12", 250000000), ("2023-02-28 10:11:12.000", "2023-02-28", "10:11:12", 0),
            ("2023-02-28 10:11:12.1234567890", "2023-02-28", "10:11:12", 123456789),
            ("9999-12-31 23:59:59.999999999", "9999-12-31", "23:59:59", 999999999)]
    for typ in ("VARCHAR", "NCHAR", "JSON"):
        for t, d, tm, ns in good:
            cut_time = (tm or "00:00:00") != "00:00:00" or ns
            if d:
                case(typ, quote(t), "TYPE_DATE", "-", "01S07" if cut_time else "ok", 6, d)
            else:
                case(typ, quote(t), "TYPE_DATE", "-", "22018")
            if tm:
                case(typ, quote(t), "TYPE_TIME", "-", "01S07" if ns else "ok", 6, tm)
            else:
                case(typ, quote(t), "TYPE_TIME", "-", "22018")
            case(typ, quote(t), "TYPE_TIMESTAMP", "-", "ok", 16, f"{d or '2024-05-06'} {tm or '00:00:00'}.{ns:09d}")
        t = "2023-02-28 10:11:12.1234567891"
        case(typ, quote(t), "TYPE_TIMESTAMP", "-", "01S07", 16, "2023-02-28 10:11:12.123456789")
        for bad in ("2023-02-30", "2023-13-01 00:00:00", "2023-02-28 24:00:00", "2023-02-28 10:60:00", "2023-02-28 10:11:60"):
            for c in ("TYPE_DATE", "TYPE_TIME", "TYPE_TIMESTAMP"):
                case(typ, quote(bad), c, "-", "22007")
        for bad in ("2023-2-8", "20230228", "28.02.2023", "2023-02-28x", "10:11", "2023-02-28 10:11", "10:11:12Z"):
            for c in ("TYPE_DATE", "TYPE_TIME", "TYPE_TIMESTAMP"):
                case(typ, quote(bad), c, "-", "22018")
    for zone in ZONES:
        setting(f"zone {zone}")
        for t in ("2024-07-01T12:00:00Z", "2024-01-01 00:00:00.25+05:45", "1950-06-01T00:30:00-0500"):
            norm = t.replace("Z", "+00:00").replace("T", " ")
            if norm[-5] in "+-":
                norm = norm[:-2] + ":" + norm[-2:]
            d = datetime.fromisoformat(norm.replace(".25", "")).astimezone(ZoneInfo(zone))
            ns = 250000000 if ".25" in t else 0
            case("VARCHAR", quote(t), "TYPE_TIMESTAMP", "-", "ok", 16, d.strftime("%Y-%m-%d %H:%M:%S") + f".{ns:09d}")
            case("NCHAR", quote(t), "TYPE_TIME", "-", "01S07" if ns else "ok", 6, d.strftime("%H:%M:%S"))
            midnight = d.strftime("%H:%M:%S") == "00:00:00" and not ns
            case("VARCHAR", quote(t), "TYPE_DATE", "-", "ok" if midnight else "01S07", 6, d.strftime("%Y-%m-%d"))
    setting("zone UTC")


def binaries():
    for typ in ("VARBINARY", "GEOMETRY", "BLOB"):
        for b in (b"", b"\x00", b"\xab\xcd\xef", bytes(range(20)), bytes(range(256))):
            shown = f"x'{b.hex()}'"
            for cap in sorted({len(b), len(b) + 1, max(0, len(b) - 1), 0}):
                case(typ, shown, "BINARY", cap, "ok" if len(b) <= cap else "01004", len(b), f"x'{b[:cap].hex()}'")
            h = b.hex().upper()
            for cap in sorted({len(h) + 1, len(h), max(1, len(h) - 1), len(h) + 8, 1, 2, 3}):
                kept = h[: (cap - 1) // 2 * 2]
                case(typ, shown, "CHAR", cap, "ok" if len(h) < cap else "01004", len(h), quote(kept))
                case(typ, shown, "WCHAR", cap * 2, "ok" if len(h) < cap else "01004", 2 * len(h), quote(kept))


def number_intervals():
    for typ, text in (("TINYINT", "5"), ("INT", "-99"), ("INT", "100"), ("BIGINT UNSIGNED", "18446744073709551615"), ("SMALLINT", "0"),
                      ("DECIMAL(10,3)", "12.345"), ("DECIMAL(10,3)", "-0.500"), ("DECIMAL(38,0)", "9" * 38),
                      ("DECIMAL(30,12)", "7.123456789123"), ("DECIMAL(5,0)", "42")):
        value = Fraction(Decimal(text))
        whole, frac = int(abs(value)), abs(value) - int(abs(value))
        for field in SINGLE:
            c = f"INTERVAL_{field}"
            if whole > 99:
                case(typ, text, c, "-", "22015")
                continue
            micros = int(frac * 10**6) if field == "SECOND" else 0
            lost = frac != Fraction(micros, 10**6)
            fields = f"{whole} {micros}" if field == "SECOND" else f"{whole}"
            sign = "-" if value < 0 and (whole or micros) else "+"  # -0.5 cut to 0 is 0
            case(typ, text, c, "-", "01S07" if lost else "ok", 28, f"{sign} {fields}")
        for field in MULTI:
            case(typ, text, f"INTERVAL_{field}", "-", "22015")
    setting("interval 3 9")
    case("INT", "999", "INTERVAL_DAY", "-", "ok", 28, "+ 999")
    case("INT", "1000", "INTERVAL_DAY", "-", "22015")
    case("DECIMAL(30,12)", "7.123456789000", "INTERVAL_SECOND", "-", "ok", 28, "+ 7 123456789")
    setting("interval 9 0")
    case("INT", "999999999", "INTERVAL_SECOND", "-", "ok", 28, "+ 999999999 0")
    case("DECIMAL(10,3)", "12.345", "INTERVAL_SECOND", "-", "01S07", 28, "+ 12 0")
    setting("interval -")


def nulls():
    types = list(INTS) + ["FLOAT", "DOUBLE", "DECIMAL(10,2)", "DECIMAL(38,3)", "TIMESTAMP(ms)", "VARCHAR", "NCHAR", "JSON",
                          "VARBINARY", "GEOMETRY", "BLOB", "NULL"]
    numbers = list(C_INTS) + ["BIT", "FLOAT", "DOUBLE", "NUMERIC"]
    texty = numbers + ["TYPE_DATE", "TYPE_TIME", "TYPE_TIMESTAMP", "GUID"] + ["INTERVAL_" + f for f in SINGLE + MULTI]
    for typ in types:
        if typ in ("VARBINARY", "GEOMETRY", "BLOB"):
            fixed = []
        elif typ == "TIMESTAMP(ms)":
            fixed = ["TYPE_DATE", "TYPE_TIME", "TYPE_TIMESTAMP", "SBIGINT"]
        elif typ in ("VARCHAR", "NCHAR", "JSON", "NULL"):
            fixed = texty
        elif typ in ("BOOL", "FLOAT", "DOUBLE"):
            fixed = numbers
        else:
            fixed = numbers + ["INTERVAL_" + f for f in SINGLE + MULTI]
        for c in ("CHAR", "WCHAR", "BINARY"):
            case(typ, "NULL", c, 40, "ok", "null")
        for c in fixed:
            case(typ, "NULL", c, "-", "ok", "null")


total = 0
for name, about, fn in (
        ("integers", "BOOL and integers to numbers, text and bytes", integers),
        ("reals", "FLOAT and DOUBLE", reals), ("decimals", "DECIMAL", decimals),
        ("timestamps", "TIMESTAMP in five zones, around changes of offset", timestamps),
        ("texts", "VARCHAR, NCHAR, JSON to CHAR, WCHAR, BINARY", texts),
        ("textnumbers", "text to numbers", textnumbers), ("texttimes", "text to dates and times", texttimes),
        ("binaries", "VARBINARY, GEOMETRY, BLOB", binaries),
        ("intervals", "exact numbers to intervals", number_intervals), ("nulls", "NULL of every type", nulls)):
    n = family(name, about, fn)
    total += n
    print(f"{name}: {n}")
print(f"all: {total}")
