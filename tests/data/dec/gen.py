#!/usr/bin/env python3
"""Makes table.tsv for tests/unit/base/dec_ut.c: exact decimals worked out with Python's integers.

Columns: operation, input, argument, outcome (0 ok, 1 format, 2 range, 3 fraction cut), result.
"""
import os
import random
import struct
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 400
OK, FORMAT, RANGE, CUT = range(4)
MAX = 10**38
rng = random.Random(20261122)
rows = []


def text_of(v, scale):
    digits = str(abs(v)).rjust(scale + 1, "0")
    sign = "-" if v < 0 else ""
    return sign + (digits[:-scale] + "." + digits[-scale:] if scale else digits)


def trunc(x):
    """Toward zero, and whether something was cut."""
    v = abs(x.numerator) // x.denominator
    return (-v if x < 0 else v), v != abs(x)


def to_scale(x, scale):
    v, cut = trunc(x * 10**scale)
    if abs(v) >= MAX:
        return RANGE, "-"
    return (CUT if cut else OK), text_of(v, scale)


def own_scale(text):
    d = Decimal(text)
    _, digits, exp = d.as_tuple()
    scale = min(max(-exp, 0), 38)
    whole = len(str(abs(int(d)))) if abs(d) >= 1 else 0
    if whole > 38:
        return 0
    return min(scale, 38 - whole)


def add(op, text, arg, rc, result):
    rows.append(f"{op}\t{text}\t{arg}\t{rc}\t{result}")


def read(text, scale):
    x = Fraction(text.strip())
    s = own_scale(text.strip()) if scale < 0 else scale
    rc, result = to_scale(x, s)
    add("read", text, scale, rc, result)


def random_text(digits):
    n = rng.randint(1, digits)
    d = "".join(rng.choice("0123456789") for _ in range(n))
    if rng.random() < 0.3:
        d = rng.choice(["9", "0", "10"]) * n
        d = d[:n]
    point = rng.randint(0, n)
    t = d[:point] + ("." if rng.random() < 0.8 else "") + d[point:]
    if t.startswith(".") and len(t) == 1:
        t = "0"
    return rng.choice(["", "-", "+"]) + t


def exact():
    """A random value of at most 38 digits as text, any scale."""
    scale = rng.randint(0, 38)
    n = rng.randint(0, 38)
    v = rng.randrange(10**n)
    if rng.random() < 0.2:
        v = 10**n - 1
    return text_of(rng.choice([1, -1]) * v, scale)


for t in ["0", "-0", "0.00", "-0.000", ".5", "5.", "-.5", "1e3", "1E-3", "12.5e1", "1e37", "1e38",
          "-1e38", "9" * 38, "-" + "9" * 38, "1" + "0" * 38, "9" * 39, "0." + "9" * 38,
          "0." + "9" * 39, "0." + "0" * 38 + "1", "1e-38", "1e-39", "9" * 30 + "." + "9" * 8,
          "9" * 30 + "." + "9" * 20, "9" * 38 + ".0", "9" * 38 + ".5", "0" * 60 + "1",
          "1." + "0" * 60, "1." + "0" * 60 + "1", "0e99999", "1e-99999", "  12.5  "]:
    for s in [-1, 0, 1, 2, 18, 19, 20, 37, 38]:
        read(t, s)
for _ in range(700):
    t = random_text(rng.choice([5, 12, 20, 40, 60]))
    if rng.random() < 0.3:
        t += "e%d" % rng.randint(-45, 45)
    read(t, rng.randint(-1, 38))
for t in ["", " ", "-", ".", "1e", "1 2", "1,5", "abc", "0x1", "NaN", "Infinity", "--1", "1.2.3"]:
    add("read", t, 2, FORMAT, "-")
for _ in range(600):
    t = exact()
    s = rng.randint(0, 38)
    rc, r = to_scale(Fraction(t), s)
    add("scale", t, s, rc, r)
for k in range(600):
    t = exact() if k % 2 else text_of(rng.randint(-2**65, 2**65) >> rng.randint(0, 60), rng.randint(0, 20))
    v, cut = trunc(Fraction(t))
    ok = -(2**63) <= v < 2**63
    add("i64", t, 0, (CUT if cut else OK) if ok else RANGE, v if ok else "-")
    ok = 0 <= v < 2**64
    add("u64", t, 0, (CUT if cut else OK) if ok else RANGE, v if ok else "-")
for t in ["9223372036854775807", "9223372036854775808", "-9223372036854775808",
          "-9223372036854775809", "9223372036854775807.9", "18446744073709551615",
          "18446744073709551616", "-0.9", "-1"]:
    v, cut = trunc(Fraction(t))
    ok = -(2**63) <= v < 2**63
    add("i64", t, 0, (CUT if cut else OK) if ok else RANGE, v if ok else "-")
    ok = 0 <= v < 2**64
    add("u64", t, 0, (CUT if cut else OK) if ok else RANGE, v if ok else "-")
for _ in range(600):
    t = exact()
    f = float(t)
    if f == 0:
        f = 0.0
    add("double", t, 0, OK, struct.pack(">d", f).hex())
for _ in range(600):
    f = rng.choice([
        rng.uniform(-1000, 1000),
        rng.uniform(-1, 1) * 10 ** rng.randint(-40, 40),
        rng.randint(-10**9, 10**9) / 100,
        float(rng.randint(-2**62, 2**62)),
    ])
    s = rng.randint(-1, 38)
    x = repr(f)
    rc, r = to_scale(Fraction(x), own_scale(x) if s < 0 else s)
    if s < 0 and rc != RANGE and "." in x and x.endswith(".0"):
        # repr's ".0" is no digit of the shortest text.
        rc, r = to_scale(Fraction(x), 0)
    add("fromdouble", struct.pack(">d", f).hex(), s, rc, r)
for bits, rc in [("7ff8000000000000", FORMAT), ("7ff0000000000000", FORMAT),
                 ("fff0000000000000", FORMAT), ("7fefffffffffffff", RANGE)]:
    add("fromdouble", bits, 2, rc, "-")
for _ in range(300):
    t = exact()
    v = int(t.replace(".", ""))
    add("le16", t, 0, OK, abs(v).to_bytes(16, "little").hex() + ("-" if v < 0 else "+"))

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "table.tsv"), "w") as f:
    f.write("\n".join(rows) + "\n")
