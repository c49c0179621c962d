/** `countersign venue-key add`: hands a key of the exchange to the vault. Its secret is asked for, never an argument. */
import { Option } from "commander";
import type { Command } from "commander";
import { contextOf } from "./context.ts";
import { readVenueSecret } from "./key-material.ts";
import type { SecretSource } from "./key-material.ts";
import type { Surroundings } from "./surroundings.ts";

interface AddOptions extends SecretSource {
  readonly label: string;
  readonly apiKey: string;
}

export function addVenueKeyAdd(group: Command, surroundings: Surroundings): void {
  group
    .command("add")
    .summary("hand a key of the exchange to the vault")
    .description(
      "Hands a key of the exchange to the vault. The venue is asked whose key it is before it is kept. " +
        "The secret is asked for; HMAC, Ed25519 or RSA is told from what it is.",
    )
    .requiredOption("--label <text>", "what you call it")
    .requiredOption("--api-key <key>", "its public id at the venue")
    .addOption(new Option("--secret-stdin", "read the secret from stdin").conflicts("secretFile"))
    .option("--secret-file <file>", "read the secret or the private key (PEM) from a file of mode 0600")
    .addHelpText("after", examples)
    .action(async (options: AddOptions, command: Command) => {
      const context = contextOf(command, surroundings);
      // Asked first, so that nobody types a secret only to learn that no server runs.
      await context.admin.status();
      const { algorithm, secret } = await readVenueSecret(options, surroundings);
      const key = await context.admin.addVenueKey({
        label: options.label,
        algorithm,
        apiKey: options.apiKey,
        secret: secret.reveal(),
      });
      context.answer(
        key,
        [
          `Venue key ${key.label} is in the vault: ${key.id} (${key.algorithm}, account ${key.accountUid} at ${key.venue}).`,
          "",
          "Next:",
          `  countersign client-key issue --label my-bot --venue-key ${key.id}`,
        ].join("\n"),
      );
    });
}

const examples = `
Examples:
  $ countersign venue-key add --label main --api-key vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A
  $ countersign venue-key add --label main --api-key $KEY --secret-file ed25519.pem
  $ pass show binance/secret | countersign venue-key add --label main --api-key $KEY --secret-stdin`;
