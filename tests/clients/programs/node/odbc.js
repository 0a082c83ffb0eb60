// Node's odbc: prints what it reads, see ../README.md. Run where `npm install odbc` was done (NODE_PATH).
const odbc = require('odbc');

const [connStr, manySql, refusedSql] = process.argv.slice(2);

function sayFact(...fields) {
  console.log(fields.map((f) => (f === null || f === undefined ? '\\N' : String(f))).join('\t'));
}

function text(value) {
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString('hex').toUpperCase();
  return value;
}

async function main() {
  const db = await odbc.connect(connStr);
  if (refusedSql) {
    await db.query(refusedSql).catch((e) => sayFact('refused', e.odbcErrors[0].state));
    return;
  }
  for (const t of await db.tables('power', null, null, 'TABLE')) sayFact('table', t.TABLE_CAT, t.TABLE_NAME, t.TABLE_TYPE);
  for (const c of await db.columns('power', null, 'meters', null)) sayFact('column', c.COLUMN_NAME, c.TYPE_NAME);

  for (const prec of ['ms', 'us', 'ns']) {
    for (const row of await db.query(`select * from all_${prec}.t order by ts`)) {
      sayFact(`all_${prec}`, ...Object.values(row).map(text));
    }
  }

  const many = await db.query(manySql);
  sayFact('many', many.length, many.reduce((sum, row) => sum + row.i, 0));
  const cursor = await db.query(manySql, { cursor: true, fetchSize: 777 });
  let n = 0;
  let sum = 0;
  for (let rows = await cursor.fetch(); rows.length > 0; rows = await cursor.fetch()) {
    n += rows.length;
    for (const row of rows) sum += row.i;
  }
  await cursor.close();
  sayFact('many', n, sum);

  const two = await db.query(
    "insert into power.d1001 values ('2030-01-01 00:00:00', 1, 2, 3)('2030-01-01 00:00:01', 4, 5, 6)",
  );
  sayFact('affected', two.count);

  await db.query('create database if not exists node');
  await db.query(
    'create table node.t (ts timestamp, i int, b bigint, d double, n nchar(40), v varchar(40), o bool, dec decimal(20,4))',
  );
  const insert = await db.createStatement();
  await insert.prepare('insert into node.t values (?,?,?,?,?,?,?,?)');
  await insert.bind(['2024-01-01 00:00:00.123', 1, 9007199254740993n, 1.5, '日本語 😀', 'text', true, '1234567890123456.7891']);
  await insert.execute();
  await insert.bind(['2024-01-01 00:00:00.124', null, null, 3, null, null, false, null]);
  await insert.execute();
  await insert.close();
  for (const row of await db.query('select * from node.t order by ts')) sayFact('inserted', ...Object.values(row).map(text));
  const found = await db.query('select v from node.t where i = ? and n <> ?', [1, 'x']);
  sayFact('where', found[0].v);

  await db.beginTransaction();
  await db.rollback();
  try {
    await db.query('select * from power.no_such_table');
  } catch (e) {
    sayFact('error', e.odbcErrors[0].state, e.odbcErrors[0].code);
  }
  await db.close();
  try {
    await odbc.connect(connStr.replace('PWD=taosdata', 'PWD=wrong'));
  } catch (e) {
    sayFact('login', e.odbcErrors[0].state);
  }
}

main();
