/** `countersign client-key show`: one bot's key. Its secret is never shown again, and this is where that holds. */
import type { Command } from "commander";
import { contextOf } from "./context.ts";
import type { Surroundings } from "./surroundings.ts";
import { listCell, pairs, timeCell } from "./table.ts";

export function addClientKeyShow(group: Command, surroundings: Surroundings): void {
  group
    .command("show <id>")
    .summary("show one bot's key")
    .description("Shows one bot's key. Its secret was shown when it was issued, and never is again.")
    .addHelpText("after", examples)
    .action(async (id: string, _options: object, command: Command) => {
      const context = contextOf(command, surroundings);
      const key = await context.admin.clientKey(id);
      const text = pairs([
        ["API key", key.id],
        ["label", key.label],
        ["state", key.state],
        ["type", key.algorithm],
        ["generation", String(key.generation)],
        ["permissions", key.permissions.join(" ")],
        ["addresses", listCell(key.addresses)],
        ["symbols", listCell(key.symbols)],
        ["venue key", key.venueKeyId],
        ["created", timeCell(key.createdAt)],
        ...(key.revokedAt === undefined ? [] : [["revoked", timeCell(key.revokedAt)] as const]),
      ]);
      context.answer(key, key.publicKeyPem === undefined ? text : `${text}\n\n${key.publicKeyPem.trim()}`);
    });
}

const examples = `
Examples:
  $ countersign client-key show API_KEY
  $ countersign client-key show API_KEY --json`;
