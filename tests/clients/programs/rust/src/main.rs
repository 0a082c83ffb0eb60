//! Rust's odbc-api, on which arrow-odbc and odbc2parquet are built: prints what it reads, see ../../README.md.
use odbc_api::buffers::TextRowSet;
use odbc_api::parameter::VarCharArray;
use odbc_api::{ConnectionOptions, Cursor, Environment, Error, IntoParameter};

fn say_fact(name: &str, fields: &[Option<String>]) {
    let texts: Vec<&str> = fields.iter().map(|f| f.as_deref().unwrap_or("\\N")).collect();
    println!("{name}\t{}", texts.join("\t"));
}

/// Every row of a cursor as text, fetched in row sets of 100.
fn rows(mut cursor: impl Cursor) -> Result<Vec<Vec<Option<String>>>, Error> {
    let buffer = TextRowSet::for_cursor(100, &mut cursor, Some(4096))?;
    let mut bound = cursor.bind_buffer(buffer)?;
    let mut all = Vec::new();
    while let Some(batch) = bound.fetch()? {
        for row in 0..batch.num_rows() {
            let cell = |c| batch.at(c, row).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            all.push((0..batch.num_cols()).map(cell).collect());
        }
    }
    Ok(all)
}

fn text<const N: usize>(cell: &VarCharArray<N>) -> Option<String> {
    cell.as_bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

fn say_state(name: &str, error: &Error) {
    match error {
        Error::Diagnostics { record, .. } => say_fact(name, &[Some(record.state.as_str().to_string())]),
        other => say_fact(name, &[Some(other.to_string())]),
    }
}

fn main() -> Result<(), Error> {
    let args: Vec<String> = std::env::args().collect();
    let env = Environment::new()?;
    let conn = env.connect_with_connection_string(&args[1], ConnectionOptions::default())?;
    say_fact("dbms", &[Some(conn.database_management_system_name()?)]);

    for row in conn.tables("power", "", "%", "TABLE")? {
        let row = row?;
        say_fact("table", &[text(&row.catalog), text(&row.table), text(&row.table_type)]);
    }
    for row in conn.columns("power", "", "meters", "%")? {
        let row = row?;
        say_fact("column", &[text(&row.column_name), text(&row.type_name)]);
    }
    for prec in ["ms", "us", "ns"] {
        let sql = format!("select * from all_{prec}.t order by ts");
        for row in rows(conn.execute(&sql, (), None)?.unwrap())? {
            say_fact(&format!("all_{prec}"), &row);
        }
    }
    let many = rows(conn.execute(&args[2], (), None)?.unwrap())?;
    let sum: i64 = many.iter().map(|row| row[1].as_ref().unwrap().parse::<i64>().unwrap()).sum();
    say_fact("many", &[Some(many.len().to_string()), Some(sum.to_string())]);

    conn.execute("create database if not exists rust", (), None)?;
    conn.execute("create table rust.t (ts timestamp, i int, n nchar(40))", (), None)?;
    let mut insert = conn.prepare("insert into rust.t values (?, ?, ?)")?;
    insert.execute((&"2024-01-01 00:00:00.123".into_parameter(), &7_i32, &"日本語 😀".into_parameter()))?;
    insert.execute((&"2024-01-01 00:00:00.124".into_parameter(), &None::<i32>.into_parameter(), &None::<&str>.into_parameter()))?;
    for row in rows(conn.execute("select * from rust.t order by ts", (), None)?.unwrap())? {
        say_fact("inserted", &row);
    }
    let sql = "select n from rust.t where i = ?";
    for row in rows(conn.execute(sql, &7_i32, None)?.unwrap())? {
        say_fact("where", &row);
    }

    conn.set_autocommit(false)?;
    conn.rollback()?;
    if let Err(e) = conn.execute("select * from power.no_such_table", (), None) {
        say_state("error", &e);
    }
    let wrong = args[1].replace("PWD=taosdata", "PWD=wrong");
    if let Err(e) = env.connect_with_connection_string(&wrong, ConnectionOptions::default()) {
        say_state("login", &e);
    }
    Ok(())
}
