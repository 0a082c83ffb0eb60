<?php
// PDO_ODBC: prints what it reads, see README.md beside this file. PDO has no catalog functions.
[, $conn_str, $many_sql] = $argv;

function say_fact(...$fields)
{
    echo implode("\t", array_map(fn($f) => $f ?? '\N', $fields)), "\n";
}

$db = new PDO("odbc:$conn_str");
$db->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);

foreach ($db->query('show power.tables like "d1001"', PDO::FETCH_NUM) as $row) {
    say_fact('child', $row[0]);
}
foreach ($db->query('describe power.meters', PDO::FETCH_NUM) as $row) {
    say_fact('column', $row[0], $row[1]);
}
foreach (['ms', 'us', 'ns'] as $prec) {
    foreach ($db->query("select * from all_$prec.t order by ts", PDO::FETCH_NUM) as $row) {
        say_fact("all_$prec", ...$row);
    }
}

$n = $sum = 0;
foreach ($db->query($many_sql, PDO::FETCH_NUM) as $row) {
    $n++;
    $sum += $row[1];
}
say_fact('many', $n, $sum);
say_fact('affected', $db->exec("insert into power.d1001 values ('2030-01-02 00:00:00', 1, 2, 3)('2030-01-02 00:00:01', 4, 5, 6)"));

$db->exec('create database if not exists pdo');
$db->exec('create table pdo.t (ts timestamp, i int, d double, n nchar(40), v varchar(4000), o bool)');
$insert = $db->prepare('insert into pdo.t values (:ts, :i, :d, :n, :v, :o)');
$long = str_repeat('0123456789', 399);
$insert->execute(['ts' => '2024-01-01 00:00:00.123', 'i' => -7, 'd' => 1.5, 'n' => '日本語 😀', 'v' => $long, 'o' => 1]);
$insert->bindValue('ts', '2024-01-01 00:00:00.124');
foreach (['i', 'd', 'n', 'v', 'o'] as $name) {
    $insert->bindValue($name, null, PDO::PARAM_NULL);
}
$insert->execute();
foreach ($db->query('select ts, i, d, n, length(v), o from pdo.t order by ts', PDO::FETCH_NUM) as $row) {
    say_fact('inserted', ...$row);
}
$where = $db->prepare('select v from pdo.t where i < ?');
$where->bindValue(1, 0, PDO::PARAM_INT);
$where->execute();
say_fact('where', $where->fetchColumn() === $long ? 'same' : 'other');

$scroll = $db->prepare('select voltage from power.meters order by ts limit 5000', [PDO::ATTR_CURSOR => PDO::CURSOR_SCROLL]);
$scroll->execute();
say_fact('scroll', $scroll->fetch(PDO::FETCH_NUM, PDO::FETCH_ORI_LAST)[0], $scroll->fetch(PDO::FETCH_NUM, PDO::FETCH_ORI_ABS, 2)[0]);
$scroll->closeCursor();

$db->beginTransaction();
$db->rollBack();
try {
    $db->query('select * from power.no_such_table');
} catch (PDOException $e) {
    say_fact('error', $e->getCode());
}
try {
    new PDO('odbc:' . str_replace('PWD=taosdata', 'PWD=wrong', $conn_str));
} catch (PDOException $e) {
    say_fact('login', preg_match('/28000/', $e->getMessage()) ? '28000' : $e->getMessage());
}
