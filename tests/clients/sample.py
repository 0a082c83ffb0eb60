"""One row of every type in an ms, a us and a ns database, loaded by tdlite itself, and what clients must read of it."""
import datetime as dt
import decimal

D = decimal.Decimal
PRECISIONS = {"ms": "123", "us": "123456", "ns": "123456789"}
COLUMNS = (
    "ts timestamp, c_bool bool, c_ti tinyint, c_si smallint, c_i int, c_bi bigint, c_tu tinyint unsigned, "
    "c_su smallint unsigned, c_iu int unsigned, c_bu bigint unsigned, c_f float, c_d double, c_d64 decimal(10,3), "
    "c_d128 decimal(38,10), c_v varchar(64), c_n nchar(32), c_vb varbinary(64), c_g geometry(512), c_bl blob"
)
NAMES = [c.split()[0] for c in COLUMNS.split(", ")]
VALUES = (
    "true,127,32767,2147483647,9223372036854775807,255,65535,4294967295,18446744073709551615,1.5,"
    "1.7976931348623157e308,9999999.999,9999999999999999999999999999.9999999999,'plain','日本語 😀',"
    r"'\x00ff10','POINT(1.5 -2.25)','\x010203'"
)
GEOMETRY = bytes.fromhex("0101000000000000000000f83f00000000000002c0")
WANT = [
    True, 127, 32767, 2147483647, 9223372036854775807, 255, 65535, 4294967295, 18446744073709551615, 1.5,
    1.7976931348623157e308, D("9999999.999"), D("9999999999999999999999999999.9999999999"), "plain", "日本語 😀",
    b"\x00\xff\x10", GEOMETRY, b"\x01\x02\x03",
]
# The same cells as the driver's text (SQL_C_CHAR), and the text of a timestamp.
WANT_TEXT = [
    "1", "127", "32767", "2147483647", "9223372036854775807", "255", "65535", "4294967295", "18446744073709551615",
    "1.5", "1.7976931348623157e+308", "9999999.999", "9999999999999999999999999999.9999999999", "plain", "日本語 😀",
    "00FF10", GEOMETRY.hex().upper(), "010203",
]
MICROSECONDS = {"ms": 123000, "us": 123456, "ns": 123456}


def sql():
    """The statements that make all_ms.t, all_us.t and all_ns.t: a row of values, then a row of NULLs."""
    lines = []
    for prec, fraction in PRECISIONS.items():
        lines += [
            f"create database all_{prec} precision '{prec}';",
            f"create table all_{prec}.t ({COLUMNS});",
            f"insert into all_{prec}.t values('2024-02-29 23:59:59.{fraction}',{VALUES});",
            f"insert into all_{prec}.t values('2024-03-01 00:00:00',{','.join(['null'] * len(WANT))});",
        ]
    return "\n".join(lines) + "\n"


def timestamp(prec):
    """The first row's time as Python reads it: digits beyond microseconds do not exist there."""
    return dt.datetime(2024, 2, 29, 23, 59, 59, MICROSECONDS[prec])


def timestamp_text(prec):
    return "2024-02-29 23:59:59." + PRECISIONS[prec]


MASK = (1 << 64) - 1


def gen_hash(seed, row, col):
    """tl_gen_hash of tests/server/gen_values.h."""
    z = (seed * 0xD1342543DE82EF95 + row * 0x9E3779B97F4A7C15 + col * 0xBF58476D1CE4E5B9) & MASK
    z = (z + 0x2545F4914F6CDD1D) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def gen_int(seed, row, col):
    """An INT of tdlite's generator."""
    v = gen_hash(seed, row, col) & 0xFFFFFFFF
    return v - (1 << 32) if v >> 31 else v


def gen_double(seed, row, col):
    """A DOUBLE of tdlite's generator."""
    return (gen_hash(seed, row, col) % 2000000000001 - 1000000000000) / 1024.0


MANY = 50000
MANY_SQL = f"select ts, i, d from gen.numeric where rows={MANY}"


def many_sum():
    """The sum of column i over MANY_SQL (blocks of 4096 rows repeat)."""
    block = [gen_int(0, row, 1) for row in range(4096)]
    return sum(block) * (MANY // 4096) + sum(block[: MANY % 4096])
