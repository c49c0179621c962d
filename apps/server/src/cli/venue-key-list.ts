/** `countersign venue-key list`: the keys of the exchange that the vault holds. */
import type { VenueKeyView } from "@countersign/contract";
import type { Command } from "commander";
import { contextOf } from "./context.ts";
import type { Surroundings } from "./surroundings.ts";
import { table, timeCell } from "./table.ts";

export function addVenueKeyList(group: Command, surroundings: Surroundings): void {
  group
    .command("list")
    .summary("list the keys of the exchange")
    .description("Lists the keys of the exchange that the vault holds, never their secrets.")
    .addHelpText("after", examples)
    .action(async (_options: object, command: Command) => {
      const context = contextOf(command, surroundings);
      const venueKeys = await context.admin.venueKeys();
      context.answer({ venueKeys }, listText(venueKeys));
    });
}

const examples = `
Examples:
  $ countersign venue-key list
  $ countersign venue-key list --json | jq -r '.venueKeys[].id'`;

function listText(keys: readonly VenueKeyView[]): string {
  if (keys.length === 0)
    return "No venue keys yet. Add one: countersign venue-key add --label main --api-key KEY";
  const rows = keys.map((key) => [
    key.label,
    key.state,
    key.venue,
    key.accountUid,
    key.algorithm,
    timeCell(key.createdAt),
    key.id,
  ]);
  return table(["LABEL", "STATE", "VENUE", "ACCOUNT", "TYPE", "CREATED", "ID"], rows);
}
