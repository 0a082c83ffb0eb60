"""Writes *.gen.param: the matrix of C type x column type over extremes, with Python's own arithmetic."""
import datetime as dt
import decimal
import fractions
import math
import struct
import zoneinfo

D = decimal.Decimal
decimal.getcontext().prec = 80
INTS = {"TINYINT": (1, True), "SMALLINT": (2, True), "INT": (4, True), "BIGINT": (8, True), "TINYINT UNSIGNED": (1, False),
        "SMALLINT UNSIGNED": (2, False), "INT UNSIGNED": (4, False), "BIGINT UNSIGNED": (8, False)}
CINTS = {"TINYINT": (1, True), "STINYINT": (1, True), "UTINYINT": (1, False), "SHORT": (2, True), "SSHORT": (2, True),
         "USHORT": (2, False), "LONG": (4, True), "SLONG": (4, True), "ULONG": (4, False), "SBIGINT": (8, True),
         "UBIGINT": (8, False)}
DECIMALS = [(1, 0), (5, 2), (10, 3), (18, 0), (18, 18), (19, 4), (38, 0), (38, 10), (38, 38)]


def span(width, signed):
    bits = width * 8
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)


def edges():
    out = {0, 1, 2, -1, 100, -100, 7}
    for w in (1, 2, 4, 8):
        for s in (True, False):
            lo, hi = span(w, s)
            out |= {lo, hi, lo - 1, hi + 1}
    return sorted(out)


def into_int(v, column, lost):
    """Outcome and value of an exact number into an integer column; `lost`: the state of a lost fraction."""
    v = fractions.Fraction(v)
    whole = math.trunc(v)
    if column == "BOOL":
        if v in (0, 1):
            return "ok", int(v)
        return ("22001", "-") if 0 < v < 2 else ("22003", "-")
    lo, hi = span(*INTS[column])
    if not lo <= whole <= hi:
        return "22003", "-"
    if whole == v:
        return "ok", whole
    return lost, whole if lost == "01S07" else "-"


def into_decimal(v, p, s, lost):
    v = fractions.Fraction(v) * 10**s
    whole = math.trunc(v)
    if abs(whole) >= 10**p:
        return "22003", "-"
    if whole == v:
        return "ok", whole
    return lost, whole if lost == "01S07" else "-"


def write(name, title, lines):
    with open(name + ".gen.param", "w") as f:
        f.write(f"# {title}\n# Written by gen.py.\n")
        f.writelines(line + "\n" for line in lines)


def text_of(c, text):
    return f"'{text}'"


def integers():
    out = []
    for column in ["BOOL", *INTS]:
        for c, (w, s) in CINTS.items():
            lo, hi = span(w, s)
            for v in edges():
                if lo <= v <= hi:
                    outcome, want = into_int(v, column, "01S07")
                    out.append(f"{column} | {c} | {v} | {outcome} | {want}")
        for c in ("CHAR", "WCHAR"):
            for v in edges():
                outcome, want = into_int(v, column, "22001")
                out.append(f"{column} | {c} | '{v}' | {outcome} | {want}")
            for t in ("0.5", "-0.5", "1.5", "127.9", " 1 ", "1e0", "1.00", "+1", "12e-1", "1e30", "-1e30"):
                outcome, want = into_int(fractions.Fraction(t.strip()), column, "22001")
                out.append(f"{column} | {c} | '{t}' | {outcome} | {want}")
            for t in ("", " ", "x", "1x", "--1", "0x10", "1 2", "NaN", "\\xc3\\xa4"):
                out.append(f"{column} | {c} | '{t}' | 22018 | -")
            out.append(f"{column} | {c} | NULL | ok | NULL")
        for c, size in (("FLOAT", "<f"), ("DOUBLE", "<d")):
            for v in [0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 126.75, -128.0, -128.5, -129.0, 255.0, 255.5, 256.0, 65535.0, 2.0**31,
                      -(2.0**31), 2.0**32, 2.0**63, -(2.0**63), 2.0**64, 1e30, math.inf, -math.inf, math.nan]:
                if math.isfinite(v):
                    v = struct.unpack(size, struct.pack(size, v))[0]
                    outcome, want = into_int(v, column, "01S07")
                else:
                    outcome, want = "22003", "-"
                out.append(f"{column} | {c} | {v!r} | {outcome} | {want}")
        for unscaled, scale in [(0, 0), (1, 0), (-1, 0), (10, 1), (15, 1), (5, 1), (-5, 1), (10**38 - 1, 0), (-(10**38) + 1, 38),
                                (2**64 - 1, 0), (2**64, 0), (-(2**63), 0), (-(2**63) - 1, 0), (25500, 2)]:
            outcome, want = into_int(fractions.Fraction(unscaled, 10**scale), column, "01S07")
            out.append(f"{column} | NUMERIC | {unscaled} @ {scale} | {outcome} | {want}")
        for v in (0, 1):
            out.append(f"{column} | BIT | {v} | ok | {v}")
        out.append(f"{column} | BIT | 2 | 22003 | -")
    write("integers", "BOOL and the integer types", out)


def reals():
    out = []
    for column, size in (("FLOAT", "<f"), ("DOUBLE", "<d")):
        biggest = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]
        for c, w in CINTS.items():
            lo, hi = span(*w)
            for v in edges():
                if lo <= v <= hi:
                    out.append(f"{column} | {c} | {v} | ok | {v}")
        for c, csize in (("FLOAT", "<f"), ("DOUBLE", "<d")):
            for v in [0.0, -0.0, 1.5, -1.5, 0.1, 1e-45, 5e-324, 3.4e38, biggest, 1e39, -1e39, 1.7976931348623157e308, math.inf,
                      -math.inf, math.nan]:
                try:
                    v = struct.unpack(csize, struct.pack(csize, v))[0]
                except OverflowError:
                    continue
                try:
                    want = struct.unpack(size, struct.pack(size, v))[0]
                    out.append(f"{column} | {c} | {v!r} | ok | {want!r}")
                except OverflowError:
                    out.append(f"{column} | {c} | {v!r} | 22003 | -")
        for c in ("CHAR", "WCHAR"):
            for t in ("0", "-0", "1.5", " 2.5e1 ", "1e-400", "0.1", "3.4028234663852886e38"):
                out.append(f"{column} | {c} | '{t}' | ok | {t.strip()}")
            out.append(f"{column} | {c} | '1e400' | 22003 | -")
            beyond_float = "22003 | -" if column == "FLOAT" else "ok | 1e39"
            out.append(f"{column} | {c} | '1e39' | {beyond_float}")
            for t in ("", "x", "1,5", "1e", "0x1p3"):
                out.append(f"{column} | {c} | '{t}' | 22018 | -")
            for t in ("NaN", "-Infinity", "Infinity"):
                out.append(f"{column} | {c} | '{t}' | ok | {t}")
        out.append(f"{column} | NUMERIC | -12345 @ 2 | ok | -123.45")
        out.append(f"{column} | NUMERIC | {10**38 - 1} @ 0 | ok | 99999999999999999999999999999999999999")
        out.append(f"{column} | BIT | 1 | ok | 1")
        out.append(f"{column} | BIT | 9 | 22003 | -")
        out.append(f"{column} | SLONG | NULL | ok | NULL")
    write("reals", "FLOAT and DOUBLE", out)


def decimals():
    out = []
    for p, s in DECIMALS:
        column = f"DECIMAL({p},{s})"
        for c in ("STINYINT", "SLONG", "SBIGINT", "UBIGINT"):
            lo, hi = span(*CINTS[c])
            for v in (0, 1, -1, lo, hi):
                if lo <= v <= hi:
                    outcome, want = into_decimal(v, p, s, "01S07")
                    out.append(f"{column} | {c} | {v} | {outcome} | {want}")
        top = D(10**p - 1).scaleb(-s)
        for t in [f"{top:f}", f"-{top:f}", f"{D(10**p).scaleb(-s):f}", f"{D(1).scaleb(-s):f}", f"-{D(1).scaleb(-s):f}",
                  f"{D(1).scaleb(-s - 1):f}", "0", "-0", "1.5e0", "  0.0  ", ".5", "5."]:
            outcome, want = into_decimal(fractions.Fraction(t.strip()), p, s, "22001")
            for c in ("CHAR", "WCHAR"):
                out.append(f"{column} | {c} | '{t}' | {outcome} | {want}")
            text = want
            if outcome == "ok":
                sign = "-" if want < 0 else ""
                digits = str(abs(want)).rjust(s + 1, "0")
                text = sign + (digits[:-s] + "." + digits[-s:] if s else digits)
            out.append(f"{column} text | CHAR | '{t}' | {outcome} | {text}")
        for v in (0.0, 0.5, -0.5, 0.1, 1.0, 9.99, -1e17, 1e40, math.nan, math.inf):
            outcome, want = into_decimal(fractions.Fraction(repr(v)), p, s, "01S07") if math.isfinite(v) else ("22003", "-")
            out.append(f"{column} | DOUBLE | {v!r} | {outcome} | {want}")
        outcome, want = into_decimal(fractions.Fraction("0.1"), p, s, "01S07")
        out.append(f"{column} | FLOAT | 0.1 | {outcome} | {want}")
        for unscaled, scale in [(10**p - 1, s), (-(10**p) + 1, s), (1, 38), (10**38 - 1, 0), (15, 1), (-995, 2)]:
            outcome, want = into_decimal(fractions.Fraction(unscaled, 10**scale), p, s, "01S07")
            out.append(f"{column} | NUMERIC | {unscaled} @ {scale} | {outcome} | {want}")
        for t in ("", "abc", "1.2.3", "NaN"):
            out.append(f"{column} | CHAR | '{t}' | 22018 | -")
        out.append(f"{column} | CHAR | NULL | ok | NULL")
        out.append(f"{column} text | CHAR | NULL | ok | NULL")
    write("decimals", "DECIMAL, as scaled integers and as text", out)


def timestamps():
    out = []
    moments = ["1970-01-01 00:00:00", "2024-02-29 23:59:59.999999999", "2024-07-01 12:00:00.123", "2024-07-01 12:00:00.123456",
               "1969-12-31 23:59:59.999", "1900-01-01 00:00:00", "2262-04-11 00:00:00.5", "0001-01-01 00:00:00", "9999-12-31 23:59:59"]
    for zone in ("UTC", "Asia/Shanghai", "America/New_York", "Europe/Berlin"):
        out.append(f"@zone {zone}")
        tz = zoneinfo.ZoneInfo(zone)
        for prec, digits in (("ms", 3), ("us", 6), ("ns", 9)):
            for m in moments:
                body, _, frac = m.partition(".")
                nanos = int(frac.ljust(9, "0")) if frac else 0
                local = dt.datetime.strptime(body, "%Y-%m-%d %H:%M:%S")
                offset = local.replace(tzinfo=tz).utcoffset()
                sec = (local - dt.datetime(1970, 1, 1)) // dt.timedelta(seconds=1) - offset // dt.timedelta(seconds=1)
                v, rest = divmod(sec * 10**9 + nanos, 10 ** (9 - digits))
                outcome, want = "ok", v
                if not -(2**63) <= v < 2**63 or rest:
                    outcome, want = "22008", "-"
                out.append(f"TIMESTAMP({prec}) | TYPE_TIMESTAMP | {m} | {outcome} | {want}")
                out.append(f"TIMESTAMP({prec}) | CHAR | '{m}' | {outcome} | {want}")
                out.append(f"TIMESTAMP({prec}) | WCHAR | '{m.replace(' ', 'T')}' | {outcome} | {want}")
                utc = sec + offset // dt.timedelta(seconds=1) - 19800
                v, rest = divmod(utc * 10**9 + nanos, 10 ** (9 - digits))
                outcome, want = ("ok", v) if -(2**63) <= v < 2**63 and not rest else ("22008", "-")
                out.append(f"TIMESTAMP({prec}) | CHAR | '{m}+05:30' | {outcome} | {want}")
    write("timestamps", "TIMESTAMP: local times by Python's zoneinfo", out)


integers()
reals()
decimals()
timestamps()
