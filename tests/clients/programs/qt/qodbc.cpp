// Qt's QODBC plugin, an ODBC 2 application: prints what it reads, see ../README.md.
#include <QCoreApplication>
#include <QDateTime>
#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlField>
#include <QSqlIndex>
#include <QSqlQuery>
#include <QSqlRecord>
#include <QStringList>
#include <QTextStream>
#include <QVariant>

static QTextStream out(stdout);

static QString text(const QVariant &v)
{
    if (v.isNull())
        return "\\N";
    switch (v.userType()) {
    case QMetaType::QByteArray:
        return QString::fromLatin1(v.toByteArray().toHex().toUpper());
    case QMetaType::QDateTime:
        return v.toDateTime().toString("yyyy-MM-dd HH:mm:ss.zzz");
    case QMetaType::Bool:
        return v.toBool() ? "1" : "0";
    case QMetaType::Double:
        return QString::number(v.toDouble(), 'g', 17);
    default:
        return v.toString();
    }
}

static void sayFact(const char *name, const QStringList &fields)
{
    out << name << '\t' << fields.join('\t') << '\n';
}

static int sayRows(const char *name, QSqlQuery &query)
{
    int rows = 0;
    for (; query.next(); rows++) {
        QStringList fields;
        for (int i = 0; i < query.record().count(); i++)
            fields << text(query.value(i));
        sayFact(name, fields);
    }
    return rows;
}

static bool must(bool ok, const QSqlError &error)
{
    if (!ok) {
        out << "failed\t" << error.text() << '\n';
        out.flush();
        exit(1);
    }
    return ok;
}

static void writeAndRead(QSqlDatabase &db)
{
    QSqlQuery query(db);
    must(query.exec("create database if not exists qt"), query.lastError());
    must(query.exec("create table qt.t (ts timestamp, i int, b bigint, d double, n nchar(40), v varchar(40), o bool)"),
         query.lastError());
    must(query.prepare("insert into qt.t values (?,?,?,?,?,?,?)"), query.lastError());
    const QDateTime at(QDate(2024, 1, 1), QTime(0, 0, 0, 123));
    query.addBindValue(at);
    query.addBindValue(-7);
    query.addBindValue(Q_INT64_C(9007199254740993));
    query.addBindValue(1.5);
    query.addBindValue(QString::fromUtf8("日本語 😀"));
    query.addBindValue(QString("text"));
    query.addBindValue(true);
    must(query.exec(), query.lastError());
    query.addBindValue(at.addMSecs(1));
    for (int type : {QVariant::Int, QVariant::LongLong, QVariant::Double, QVariant::String, QVariant::String, QVariant::Bool})
        query.addBindValue(QVariant(static_cast<QVariant::Type>(type)));
    must(query.exec(), query.lastError());
    must(query.exec("select * from qt.t order by ts"), query.lastError());
    sayRows("inserted", query);
    must(query.prepare("select v from qt.t where i = ? and ts = ?"), query.lastError());
    query.addBindValue(-7);
    query.addBindValue(at);
    must(query.exec(), query.lastError());
    sayRows("where", query);
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    out.setCodec("UTF-8");
    const QString connStr = app.arguments().at(1);
    QSqlDatabase db = QSqlDatabase::addDatabase("QODBC");
    db.setDatabaseName(connStr);
    must(db.open(), db.lastError());

    for (const QString &name : db.tables())
        sayFact("table", {"power", name});
    const QSqlRecord meters = db.record("meters");
    for (int i = 0; i < meters.count(); i++)
        sayFact("column", {meters.fieldName(i), QVariant::typeToName(meters.field(i).type())});
    sayFact("key", {db.primaryIndex("d1001").fieldName(0)});

    QSqlQuery query(db);
    for (const char *prec : {"ms", "us", "ns"}) {
        must(query.exec(QString("select * from all_%1.t order by ts").arg(prec)), query.lastError());
        sayRows(qPrintable(QString("all_%1").arg(prec)), query);
    }

    QSqlQuery exact(db); // DECIMAL is a double unless asked for otherwise
    exact.setNumericalPrecisionPolicy(QSql::HighPrecision);
    must(exact.exec("select c_d64, c_d128 from all_ms.t order by ts limit 1"), exact.lastError());
    sayRows("exact", exact);

    qint64 rows = 0, sum = 0;
    must(query.exec(app.arguments().at(2)), query.lastError());
    for (; query.next(); rows++)
        sum += query.value(1).toLongLong();
    sayFact("many", {QString::number(rows), QString::number(sum)});
    must(query.seek(123) && query.previous() && query.first() && query.last(), query.lastError());
    sayFact("scroll", {QString::number(query.at()), query.value(1).toString()});

    must(query.exec("insert into d1001 values ('2030-01-01 00:00:00', 1, 2, 3)('2030-01-01 00:00:01', 4, 5, 6)"),
         query.lastError());
    sayFact("affected", {QString::number(query.numRowsAffected())});
    writeAndRead(db);

    query.exec("select * from power.no_such_table");
    sayFact("error", {query.lastError().nativeErrorCode()}); // Qt 5 does not show the SQLSTATE
    sayFact("transactions", {db.transaction() ? "1" : "0"});
    db.close();

    db.setDatabaseName(QString(connStr).replace("PWD=taosdata", "PWD=wrong"));
    sayFact("login", {db.open() ? "open" : db.lastError().nativeErrorCode()});
    return 0;
}
