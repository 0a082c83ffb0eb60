# Tcl tdbc::odbc: prints what it reads, see README.md beside this file.
package require tdbc::odbc
lassign $argv conn_str many_sql
fconfigure stdout -encoding utf-8

proc say_fact {args} {
    puts [join $args "\t"]
}
# A row's fields as a list; a NULL is a key that the dictionary does not have.
proc fields {row names} {
    return [lmap name $names {if {[dict exists $row $name]} {dict get $row $name} {set name {\N}}}]
}

tdbc::odbc::connection create db $conn_str
foreach {name row} [db tables "meter%"] {
    say_fact table [dict get $row TABLE_CAT] $name [dict get $row TABLE_TYPE]
}
foreach {name row} [db columns meters] {
    say_fact column $name [dict get $row type]
}

foreach prec {ms us ns} {
    set stmt [db prepare "select * from all_$prec.t order by ts"]
    set rows [$stmt execute]
    set names [$rows columns]
    while {[$rows nextdict row]} {
        foreach name {c_vb c_g c_bl} {
            if {[dict exists $row $name]} {
                dict set row $name [string toupper [binary encode hex [dict get $row $name]]]
            }
        }
        say_fact all_$prec {*}[fields $row $names]
    }
    $stmt close
}

set stmt [db prepare $many_sql]
set n 0
set sum 0
$stmt foreach -as lists row {
    incr n
    incr sum [lindex $row 1]
}
$stmt close
say_fact many $n $sum

set stmt [db prepare "insert into power.d1001 values ('2030-01-01 00:00:00', 1, 2, 3)('2030-01-01 00:00:01', 4, 5, 6)"]
set rows [$stmt execute]
say_fact affected [$rows rowcount]
$stmt close

db allrows {create database if not exists tcl}
db allrows {create table tcl.t (ts timestamp, i int, b bigint, d double, n nchar(40), v varchar(40))}
set insert [db prepare {insert into tcl.t values (:ts, :i, :b, :d, :n, :v)}]
$insert paramtype i integer
$insert paramtype b bigint
$insert paramtype d double
$insert allrows {ts {2024-01-01 00:00:00.123} i -7 b 9007199254740993 d 1.5 n "日本語" v text}
$insert allrows {ts {2024-01-01 00:00:00.124}}
$insert close
foreach row [db allrows -as dicts {select * from tcl.t order by ts}] {
    say_fact inserted {*}[fields $row {ts i b d n v}]
}
set i 0
set v text
say_fact where {*}[db allrows -as lists {select n from tcl.t where i < :i and v = :v}]

db transaction {db allrows {select 1}}
say_fact timeout [db configure -timeout] [db configure -readonly]
catch {db allrows {select * from power.no_such_table}} - options
say_fact error [lindex [dict get $options -errorcode] 2]
db close

catch {tdbc::odbc::connection create db2 [string map {PWD=taosdata PWD=wrong} $conn_str]} - options
say_fact login [lindex [dict get $options -errorcode] 2]
