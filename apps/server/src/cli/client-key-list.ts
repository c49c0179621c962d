/** `countersign client-key list`: every bot's key, its state and its rights. */
import type { ClientKeyView } from "@countersign/contract";
import type { Command } from "commander";
import { contextOf } from "./context.ts";
import type { Surroundings } from "./surroundings.ts";
import { listCell, table, timeCell } from "./table.ts";

export function addClientKeyList(group: Command, surroundings: Surroundings): void {
  group
    .command("list")
    .summary("list the bots' keys")
    .description("Lists the bots' keys with state and rights, never their secrets.")
    .addHelpText("after", examples)
    .action(async (_options: object, command: Command) => {
      const context = contextOf(command, surroundings);
      const clientKeys = await context.admin.clientKeys();
      context.answer({ clientKeys }, listText(clientKeys));
    });
}

const examples = `
Examples:
  $ countersign client-key list
  $ countersign client-key list --json | jq -r '.clientKeys[] | select(.state == "active") | .id'`;

function listText(keys: readonly ClientKeyView[]): string {
  if (keys.length === 0) return "No client keys yet. Issue one: countersign client-key issue --label my-bot";
  const rows = keys.map((key) => [
    key.label,
    key.state,
    key.algorithm,
    rightsCell(key),
    listCell(key.addresses),
    timeCell(key.createdAt),
    key.id,
  ]);
  return table(["LABEL", "STATE", "TYPE", "MAY", "FROM", "CREATED", "ID"], rows);
}

function rightsCell(key: ClientKeyView): string {
  if (!key.permissions.includes("enableSpotAndMarginTrading")) return "read";
  return `read, trade ${listCell(key.symbols)}`;
}
