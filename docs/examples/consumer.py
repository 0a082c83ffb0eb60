"""An endless consumer: prints every row of a topic, and goes on when the server was away.

    python3 consumer.py 'DSN=tdengine' GROUP TOPIC

A message is committed after all of its rows were dealt with, so a crash repeats at most that message.
"""
import sys
import time

import pyodbc


def rows_of_message(cursor):
    """All rows of a poll; blocks of another shape are further results."""
    while True:
        for row in cursor:
            yield row
        if not cursor.nextset():
            return


def consume(conn_str, group, topic, handle):
    with pyodbc.connect(conn_str, autocommit=True) as conn:
        cursor = conn.cursor()
        cursor.execute("{call td_tmq_subscribe(?, ?, ?)}", group, topic,
                       "auto.offset.reset=earliest;enable.auto.commit=false")
        while True:
            got = False
            cursor.execute("{call td_tmq_poll(?)}", 1000)
            for row in rows_of_message(cursor):
                handle(row)
                got = True
            if got:
                cursor.execute("{call td_tmq_commit()}")


def main():
    conn_str, group, topic = sys.argv[1:4]
    while True:
        try:
            consume(conn_str, group, topic, lambda row: print(*row[5:], flush=True))
        except pyodbc.Error as e:
            if e.args[0] not in ("08S01", "08001", "HYT00"):
                raise
            print(f"waiting for the server: {e.args[1]}", file=sys.stderr, flush=True)
            time.sleep(1)


if __name__ == "__main__":
    main()
