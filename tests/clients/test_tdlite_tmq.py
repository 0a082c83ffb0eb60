"""The consumer of taos-ws-py against tdlite: the TMQ part of golden/clients/taos-ws-py/session.py."""
import time

import taosws

from tdlite_proc import Tdlite


def test_consumer():
    with Tdlite() as srv:
        conn = taosws.connect(f"ws://root:taosdata@127.0.0.1:{srv.port}")
        conn.execute("create database g_wspy precision 'us' wal_retention_period 3600 keep 36500")
        conn.execute("create stable g_wspy.m (ts timestamp, i int, s varchar(20)) tags (g int)")
        for table in range(3):
            conn.execute(
                f"insert into g_wspy.d{table} using g_wspy.m tags({table}) values"
                f"('2024-01-01 00:00:00.00000{table}',{table},'a') ('2024-01-01 00:00:01',null,'ä')"
            )
        conn.execute("create topic g_tp_ws as select ts,i,s from g_wspy.m")
        consumer = taosws.Consumer(
            {
                "td.connect.websocket.scheme": "ws",
                "td.connect.ip": "127.0.0.1",
                "td.connect.port": str(srv.port),
                "td.connect.user": "root",
                "td.connect.pass": "taosdata",
                "group.id": "g1",
                "client.id": "c1",
                "auto.offset.reset": "earliest",
            }
        )
        consumer.subscribe(["g_tp_ws"])
        rows, end = [], time.time() + 10
        while time.time() < end and len(rows) < 6:
            message = consumer.poll(timeout=0.5)
            if message:
                assert message.topic() == "g_tp_ws" and message.database() == "g_wspy"
                for block in message:
                    rows += [tuple(r)[1:] for r in block.fetchall()]
                consumer.commit(message)
        assert sorted(rows, key=str) == sorted([(0, "a"), (1, "a"), (2, "a")] + [(None, "ä")] * 3, key=str)
        assert consumer.poll(timeout=0.1) is None
        (assignment,) = consumer.assignment()
        assert assignment.topic() == "g_tp_ws" and len(assignment.assignments()) == 2
        assert all(a.begin() == 0 < a.end() for a in assignment.assignments())
        consumer.unsubscribe()
        consumer.close()
        conn.execute("drop topic g_tp_ws")
        conn.close()
