/** Kysely over node:sqlite: a small adapter, with statements kept prepared and DDL inside transactions. */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { SqliteAdapter, SqliteDialect } from "kysely";
import type { SqliteStatement } from "kysely";

/** Query texts in this room number a few dozen; batches vary only in their parameters. */
const statementsKeptMax = 128;

/** SQLite can roll DDL back, so a migration that dies half-way leaves nothing behind. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class NodeSqliteDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter();
  }
}

/** The dialect for a database that the caller opens and closes. */
export function nodeSqliteDialect(database: DatabaseSync): SqliteDialect {
  const kept = new Map<string, SqliteStatement>();
  return new NodeSqliteDialect({
    database: {
      close: () => database.close(),
      prepare(sql) {
        const known = kept.get(sql);
        if (known !== undefined) return known;
        const statement = adaptStatement(database.prepare(sql));
        if (kept.size >= statementsKeptMax) kept.clear();
        kept.set(sql, statement);
        return statement;
      },
    },
  });
}

function adaptStatement(statement: StatementSync): SqliteStatement {
  // A number beyond 2^53 would throw in the middle of a read; as a bigint it is a value that no decoder takes.
  statement.setReadBigInts(true);
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...inputs(parameters)).map(withNumbers),
    run: (parameters) => statement.run(...inputs(parameters)),
    iterate: (parameters) => statement.iterate(...inputs(parameters)),
  };
}

function withNumbers(row: Record<string, unknown>): Record<string, unknown> {
  for (const [name, value] of Object.entries(row)) {
    if (typeof value === "bigint" && Number.isSafeInteger(Number(value))) row[name] = Number(value);
  }
  return row;
}

function inputs(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters.map((value) => {
    if (
      value === null ||
      typeof value === "string" ||
      typeof value === "number" ||
      typeof value === "bigint"
    ) {
      return value;
    }
    throw new TypeError("this room stores texts, whole numbers and nothing");
  });
}
