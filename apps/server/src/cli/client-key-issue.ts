/** `countersign client-key issue`: a key for one bot. Reading only, unless trading and its bounds are said. */
import type { IssueClientKeyRequest, IssueClientKeyResponse } from "@countersign/contract";
import { Option } from "commander";
import type { Command } from "commander";
import { contextOf } from "./context.ts";
import type { CliContext } from "./context.ts";
import { CliError, usageError } from "./failure.ts";
import { readPublicKey } from "./key-material.ts";
import type { Surroundings } from "./surroundings.ts";
import { listCell, pairs } from "./table.ts";

interface IssueOptions {
  readonly label: string;
  readonly venueKey?: string;
  readonly publicKeyFile?: string;
  readonly trade?: boolean;
  readonly address?: readonly string[];
  readonly anyAddress?: boolean;
  readonly symbol?: readonly string[];
  readonly anySymbol?: boolean;
}

export function addClientKeyIssue(group: Command, surroundings: Surroundings): void {
  group
    .command("issue")
    .summary("issue a key to a bot")
    .description(
      "Issues a key to a bot. It may read and nothing else, unless --trade is given together with an address " +
        "choice and a symbol choice. With --public-key-file the bot signs with its own Ed25519 or RSA key; else an HMAC secret is made and shown once.",
    )
    .requiredOption("--label <text>", "what you call the bot")
    .option("--venue-key <id>", "the key it is countersigned with (default: the only one there is)")
    .option("--public-key-file <file>", "the bot's public key (PEM)")
    .option("--trade", "let it trade")
    .addOption(
      new Option("--address <address...>", "where it may call from: addresses, CIDR ranges").conflicts(
        "anyAddress",
      ),
    )
    .option("--any-address", "let it call from anywhere")
    .addOption(new Option("--symbol <symbol...>", "what it may trade").conflicts("anySymbol"))
    .option("--any-symbol", "let it trade every symbol")
    .addHelpText("after", examples)
    .action(async (options: IssueOptions, command: Command) => {
      const context = contextOf(command, surroundings);
      const bounds = boundsOf(options);
      const { dataUrl } = await context.admin.status();
      const publicKey =
        options.publicKeyFile === undefined
          ? ({ algorithm: "HMAC" } as const)
          : await readPublicKey(options.publicKeyFile);
      const venueKeyId = options.venueKey ?? (await onlyVenueKey(context));
      const issued = await context.admin.issueClientKey({
        label: options.label,
        ...publicKey,
        ...bounds,
        venueKeyId,
      });
      context.answer({ ...issued, baseUrl: dataUrl }, issuedText(issued, dataUrl));
    });
}

const examples = `
Examples:
  $ countersign client-key issue --label dashboard
  $ countersign client-key issue --label grid-bot --trade --address 10.0.0.7 --symbol BTCUSDT ETHUSDT
  $ countersign client-key issue --label agent --public-key-file agent.pub.pem --trade --any-address --symbol BTCUSDT`;

type Bounds = Pick<IssueClientKeyRequest, "permissions" | "addresses" | "symbols">;

/** Trading from where, and of what, is never a default. */
function boundsOf(options: IssueOptions): Bounds {
  const addresses = options.anyAddress === true ? "any" : options.address?.slice();
  const symbols = options.anySymbol === true ? "any" : options.symbol?.slice();
  if (options.trade !== true) {
    return { permissions: ["enableReading"], addresses: addresses ?? "any", symbols: symbols ?? [] };
  }
  if (addresses === undefined) throw usageError("--trade needs --address ADDRESS… or --any-address.");
  if (symbols === undefined) throw usageError("--trade needs --symbol SYMBOL… or --any-symbol.");
  return { permissions: ["enableReading", "enableSpotAndMarginTrading"], addresses, symbols };
}

async function onlyVenueKey({ admin }: CliContext): Promise<string> {
  const [first, second] = await admin.venueKeys();
  if (first === undefined) {
    throw new CliError(
      "no-venue-key",
      "No venue keys yet. Add one: countersign venue-key add --label main --api-key KEY",
    );
  }
  if (second !== undefined) {
    throw usageError(
      "There are several venue keys: say which with --venue-key ID (countersign venue-key list).",
    );
  }
  return first.id;
}

function issuedText({ key, secret }: IssueClientKeyResponse, dataUrl: string): string {
  const rights = key.permissions.includes("enableSpotAndMarginTrading")
    ? `read and trade ${listCell(key.symbols)}`
    : "read only";
  const lines = pairs([
    ["API key", key.id],
    ...(secret === undefined ? [] : [["secret", secret] as const]),
    ["base URL", dataUrl],
    ["may", rights],
    ["from", listCell(key.addresses)],
  ]);
  const warning =
    secret === undefined
      ? "The bot signs with its own private key; nothing secret was made here."
      : "This secret is shown now and never again. Store it where the bot reads it.";
  return [
    `Client key issued: ${key.label}`,
    "",
    lines,
    "",
    warning,
    "",
    `Next: in the bot, set the base URL to ${dataUrl} and use this key in place of the exchange's.`,
  ].join("\n");
}
