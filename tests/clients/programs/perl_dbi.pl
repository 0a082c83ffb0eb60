# DBD::ODBC: prints what it reads, one fact a line, fields parted by tabs, \N for NULL (programs/README.md).
use strict;
use warnings;
use DBI qw(:sql_types);

my ($conn_str, $many_sql) = @ARGV;
$| = 1;

sub say_fact { print join("\t", map { defined $_ ? $_ : "\\N" } @_), "\n" }

my $dbh = DBI->connect("dbi:ODBC:$conn_str", undef, undef, { RaiseError => 1, PrintError => 0 });
say_fact("dbms", $dbh->get_info(17));

my $tables = $dbh->table_info("power", undef, "%", "TABLE");
while (my $t = $tables->fetchrow_hashref) { say_fact("table", $t->{TABLE_CAT}, $t->{TABLE_NAME}, $t->{TABLE_TYPE}) }
my $columns = $dbh->column_info("power", undef, "meters", "%");
while (my $c = $columns->fetchrow_hashref) { say_fact("column", $c->{COLUMN_NAME}, $c->{TYPE_NAME}, $c->{ORDINAL_POSITION}) }
say_fact("key", $dbh->primary_key("power", undef, "d1001"));

$dbh->{LongReadLen} = 1000;
for my $prec (qw(ms us ns)) {
    for my $row (@{ $dbh->selectall_arrayref("select * from all_$prec.t order by ts") }) {
        $_ = defined $_ ? uc unpack("H*", $_) : undef for @$row[16 .. 18];    # bytes
        say_fact("all_$prec", @$row);
    }
}

my ($n, $sum) = (0, 0);
my $many = $dbh->prepare($many_sql);
$many->execute;
while (my $row = $many->fetchrow_arrayref) { $n++; $sum += $row->[1] }
say_fact("many", $n, $sum);

say_fact("affected", $dbh->do("insert into power.d1001 values ('2030-01-01 00:00:00', 1, 2, 3)('2030-01-01 00:00:01', 4, 5, 6)"));

$dbh->do("create database if not exists perl");
$dbh->do("create table perl.t (ts timestamp, i int, b bigint, d double, dec decimal(20,4), v varchar(40), n nchar(40), x varbinary(20), o bool)");
my $ins = $dbh->prepare("insert into perl.t values (?,?,?,?,?,?,?,?,?)");
$ins->execute("2024-01-01 00:00:00.123", 1, "9007199254740993", 1.5, "1234567890123456.7891", "text", "日本語 😀", "bytes", 1);
$ins->execute("2024-01-01 00:00:00.124", (undef) x 8);
$ins->bind_param(1, "2024-01-01 00:00:00.125", SQL_TYPE_TIMESTAMP);
$ins->bind_param(2, -5, SQL_INTEGER);
$ins->execute;
my @list = map { [ "2024-02-01 00:00:00.$_", $_, $_, $_ / 4, "$_.5", "v$_", "n$_", "x", 0 ] } 100 .. 149;
$ins->execute(@$_) for @list;
say_fact("inserted", @$_) for @{ $dbh->selectall_arrayref("select * from perl.t order by ts limit 3") };
my $where = $dbh->prepare("select v from perl.t where i > ? and d <= ? order by ts");
$where->execute(120, 31);
say_fact("where", map { $_->[0] } @{ $where->fetchall_arrayref });

$dbh->{AutoCommit} = 0;
$dbh->rollback;
$dbh->{AutoCommit} = 1;
eval { $dbh->do("select * from power.no_such_table") };
say_fact("error", $dbh->state, $dbh->err, index($dbh->errstr, "[0x2603]") > 0 ? 1 : 0);
$dbh->disconnect;

(my $wrong = $conn_str) =~ s/PWD=taosdata/PWD=wrong/;
eval { DBI->connect("dbi:ODBC:$wrong", undef, undef, { RaiseError => 1, PrintError => 0 }) };
say_fact("login", $DBI::state);
