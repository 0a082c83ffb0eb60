// Program clients is Go's alexbrainman/odbc: it prints what it reads, see ../README.md.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/alexbrainman/odbc"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func sayFact(name string, fields ...any) {
	texts := []string{name}
	for _, f := range fields {
		switch v := f.(type) {
		case nil:
			texts = append(texts, `\N`)
		case time.Time:
			texts = append(texts, v.Format("2006-01-02 15:04:05.999999999"))
		case []byte:
			texts = append(texts, string(v))
		case bool:
			texts = append(texts, map[bool]string{true: "1", false: "0"}[v])
		default:
			texts = append(texts, fmt.Sprint(v))
		}
	}
	fmt.Println(strings.Join(texts, "\t"))
}

// sayRows prints every row of a query; those named in hex (each with a semicolon) as hexadecimal digits.
func sayRows(db *sql.DB, name, query string, hex string, args ...any) {
	rows, err := db.Query(query, args...)
	must(err)
	defer rows.Close()
	names, err := rows.Columns()
	must(err)
	for rows.Next() {
		cells, at := make([]any, len(names)), make([]any, len(names))
		for i := range cells {
			at[i] = &cells[i]
		}
		must(rows.Scan(at...))
		for i := range cells {
			if b, ok := cells[i].([]byte); ok && strings.Contains(hex, names[i]+";") {
				cells[i] = fmt.Sprintf("%X", b)
			}
		}
		sayFact(name, cells...)
	}
	must(rows.Err())
}

func sayState(name string, err error) {
	var e *odbc.Error
	if errors.As(err, &e) {
		sayFact(name, e.Diag[0].State, e.Diag[0].NativeError)
	} else {
		sayFact(name, fmt.Sprint(err))
	}
}

func main() {
	connStr, manySQL := os.Args[1], os.Args[2]
	db, err := sql.Open("odbc", connStr)
	must(err)
	defer db.Close()

	if len(os.Args) > 3 {
		rows, err := db.Query(os.Args[3])
		must(err)
		rows.Next()
		sayState("refused", rows.Err())
		return
	}
	sayRows(db, "column", "describe power.meters", "")
	for _, prec := range []string{"ms", "us", "ns"} {
		sayRows(db, "all_"+prec, "select * from all_"+prec+".t order by ts", "c_vb;c_g;c_bl;")
	}

	rows, err := db.Query(manySQL)
	must(err)
	n, sum := 0, 0
	for rows.Next() {
		var ts time.Time
		var i int
		var d float64
		must(rows.Scan(&ts, &i, &d))
		n++
		sum += i
	}
	must(rows.Err())
	sayFact("many", n, sum)

	res, err := db.Exec("insert into power.d1001 values ('2030-01-01 00:00:00', 1, 2, 3)('2030-01-01 00:00:01', 4, 5, 6)")
	must(err)
	count, err := res.RowsAffected()
	must(err)
	sayFact("affected", count)

	for _, ddl := range []string{
		"create database if not exists golang",
		"create table golang.t (ts timestamp, i int, b bigint, d double, n nchar(40), v varchar(40), o bool)",
	} {
		_, err = db.Exec(ddl)
		must(err)
	}
	insert, err := db.Prepare("insert into golang.t values (?,?,?,?,?,?,?)")
	must(err)
	at := time.Date(2024, 1, 1, 0, 0, 0, 123000000, time.UTC)
	_, err = insert.Exec(at, 1, int64(9007199254740993), 1.5, "日本語 😀", "text", true)
	must(err)
	_, err = insert.Exec(at.Add(time.Millisecond), nil, nil, nil, nil, nil, nil)
	must(err)
	must(insert.Close())
	sayRows(db, "inserted", "select * from golang.t order by ts", "")
	sayRows(db, "where", "select v from golang.t where i = ? and n <> ?", "", 1, "x")

	tx, err := db.BeginTx(context.Background(), nil)
	must(err)
	must(tx.Rollback())
	_, err = db.Query("select * from power.no_such_table")
	sayState("error", err)
	wrong, err := sql.Open("odbc", strings.Replace(connStr, "PWD=taosdata", "PWD=wrong", 1))
	must(err)
	sayState("login", wrong.Ping())
}
