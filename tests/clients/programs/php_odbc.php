<?php
// PHP's odbc_* functions: prints what it reads, see README.md beside this file.
[, $conn_str, $many_sql] = $argv;
error_reporting(E_ALL & ~E_WARNING);

function say_fact(...$fields)
{
    echo implode("\t", array_map(fn($f) => $f ?? '\N', $fields)), "\n";
}

$db = odbc_connect($conn_str, '', '') or die(odbc_errormsg());

$tables = odbc_tables($db, 'power', null, '%', 'TABLE');
while ($t = odbc_fetch_array($tables)) {
    say_fact('table', $t['TABLE_QUALIFIER'], $t['TABLE_NAME'], $t['TABLE_TYPE']);
}
$columns = odbc_columns($db, 'power', null, 'meters', '%');
while ($c = odbc_fetch_array($columns)) {
    say_fact('column', $c['COLUMN_NAME'], $c['TYPE_NAME']);
}
$types = odbc_gettypeinfo($db);
while (odbc_fetch_row($types)) {
    say_fact('type', odbc_result($types, 'TYPE_NAME'));
}

foreach (['ms', 'us', 'ns'] as $prec) {
    $rows = odbc_exec($db, "select * from all_$prec.t order by ts");
    odbc_binmode($rows, ODBC_BINMODE_RETURN);
    odbc_longreadlen($rows, 1000);
    while ($row = odbc_fetch_array($rows)) {
        foreach (['c_vb', 'c_g', 'c_bl'] as $name) {
            $row[$name] = $row[$name] === null ? null : strtoupper(bin2hex($row[$name]));
        }
        say_fact("all_$prec", ...array_values($row));
    }
}

$many = odbc_exec($db, $many_sql);
$n = $sum = 0;
while ($row = odbc_fetch_row($many)) {
    $n++;
    $sum += odbc_result($many, 2);
}
say_fact('many', $n, $sum);

$two = odbc_exec($db, "insert into power.d1001 values ('2030-01-01 00:00:00', 1, 2, 3)('2030-01-01 00:00:01', 4, 5, 6)");
say_fact('affected', odbc_num_rows($two));

odbc_exec($db, 'create database if not exists php');
odbc_exec($db, 'create table php.t (ts timestamp, i int, b bigint, d double, v varchar(40), n nchar(40), o bool)');
$insert = odbc_prepare($db, 'insert into php.t values (?,?,?,?,?,?,?)') or die(odbc_errormsg());
odbc_execute($insert, ['2024-01-01 00:00:00.123', 1, '9007199254740993', 1.5, 'text', '日本語 😀', 1]) or die(odbc_errormsg());
odbc_execute($insert, ['2024-01-01 00:00:00.124', null, null, null, null, null, null]) or die(odbc_errormsg());
$rows = odbc_exec($db, 'select * from php.t order by ts');
while ($row = odbc_fetch_array($rows)) {
    say_fact('inserted', ...array_values($row));
}
$where = odbc_prepare($db, 'select v from php.t where i = ? and d > ?') or die(odbc_errormsg());
odbc_execute($where, [1, '1.25']) or die(odbc_errormsg());
odbc_fetch_row($where);
say_fact('where', odbc_result($where, 1));

$scroll = odbc_exec($db, 'select voltage from power.meters order by ts limit 5000');
odbc_fetch_row($scroll, 5000);
say_fact('scroll', odbc_result($scroll, 1), odbc_fetch_row($scroll, 5001) ? 'row' : 'none');

odbc_autocommit($db, false);
odbc_rollback($db);
odbc_autocommit($db, true);
$e = odbc_exec($db, 'select * from power.no_such_table');
say_fact('error', odbc_error($db), str_contains(odbc_errormsg($db), '[0x2603]') ? 1 : 0);
odbc_close($db);

odbc_connect(str_replace('PWD=taosdata', 'PWD=wrong', $conn_str), '', '');
say_fact('login', odbc_error());
