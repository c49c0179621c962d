/** `countersign venue-key show`: one key of the exchange, without its secret. */
import type { Command } from "commander";
import { contextOf } from "./context.ts";
import type { Surroundings } from "./surroundings.ts";
import { pairs, timeCell } from "./table.ts";

export function addVenueKeyShow(group: Command, surroundings: Surroundings): void {
  group
    .command("show <id>")
    .summary("show one key of the exchange")
    .description("Shows one key of the exchange. Its secret cannot be shown.")
    .addHelpText("after", examples)
    .action(async (id: string, _options: object, command: Command) => {
      const context = contextOf(command, surroundings);
      const key = await context.admin.venueKey(id);
      const text = pairs([
        ["id", key.id],
        ["label", key.label],
        ["state", key.state],
        ["venue", key.venue],
        ["account", key.accountUid],
        ["type", key.algorithm],
        ["api key", key.apiKey],
        ["created", timeCell(key.createdAt)],
      ]);
      context.answer(key, key.publicKeyPem === undefined ? text : `${text}\n\n${key.publicKeyPem.trim()}`);
    });
}

const examples = `
Examples:
  $ countersign venue-key show vk_4fJ2kQ9sLm0Xw7Tz
  $ countersign venue-key show vk_4fJ2kQ9sLm0Xw7Tz --json`;
