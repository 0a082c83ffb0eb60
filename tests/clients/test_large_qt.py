"""Qt 5's QODBC: an ODBC 2 application with static cursors; it reads milliseconds and shows native codes only."""
import facts
import sample

PROGRAM = facts.need_built("qt_odbc")


def test_qt(conn_str):
    seen = facts.run(PROGRAM, conn_str + ";Database=power", sample.MANY_SQL)
    facts.check_reading(seen, no_table=str(0x2603), login=str(0x357))
    change = {"c_d64": "9999999.9989999998", "c_d128": "9.9999999999999996e+27"}
    facts.check_types(seen, stamp=lambda prec: "2024-02-29 23:59:59.123", change=change)
    assert seen["exact"] == [["9999999.999", "9999999999999999999999999999.9999999999"]]
    assert seen["key"] == [["ts"]]
    assert [row[1] for row in seen["column"]] == ["QDateTime", "double", "int", "double", "int", "QString"]
    last = (sample.MANY - 1) % 4096
    assert seen["scroll"] == [[str(sample.MANY - 1), str(sample.gen_int(0, last, 1))]]
    assert seen["inserted"] == [
        ["2024-01-01 00:00:00.123", "-7", "9007199254740993", "1.5", "日本語 😀", "text", "1"],
        ["2024-01-01 00:00:00.124"] + [None] * 6,
    ]
    assert seen["where"] == [["text"]]
    assert seen["transactions"] == [["0"]]
