/** `countersign client-key revoke`: ends a bot's key, at once and for good. Asks first, or wants --yes. */
import type { Command } from "commander";
import { contextOf } from "./context.ts";
import type { CliContext } from "./context.ts";
import { CliError, exitUsage } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";

interface RevokeOptions {
  readonly yes?: boolean;
}

export function addClientKeyRevoke(group: Command, surroundings: Surroundings): void {
  group
    .command("revoke <id>")
    .summary("end a bot's key")
    .description("Ends a bot's key at once and for good. Orders that rest at the exchange are not cancelled.")
    .option("--yes", "do not ask")
    .addHelpText("after", examples)
    .action(async (id: string, options: RevokeOptions, command: Command) => {
      const context = contextOf(command, surroundings);
      if (options.yes !== true) await confirmRevocation(id, context);
      const key = await context.admin.revokeClientKey(id);
      context.answer(key, `Client key ${key.label} is revoked. What it sends from now on is refused.`);
    });
}

const examples = `
Examples:
  $ countersign client-key revoke API_KEY
  $ countersign client-key revoke API_KEY --yes --json`;

async function confirmRevocation(id: string, { admin, surroundings }: CliContext): Promise<void> {
  if (!surroundings.interactive) {
    throw new CliError("confirmation-required", "Nobody can be asked here: give --yes to revoke.", exitUsage);
  }
  const { label } = await admin.clientKey(id);
  if (!(await surroundings.askYes(`Revoke client key ${label}? This cannot be undone.`))) {
    throw new CliError("cancelled", "Nothing was changed.");
  }
}
