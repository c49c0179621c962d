/** `countersign status`: what the running server says about itself. */
import type { StatusView } from "@countersign/contract";
import type { Command } from "commander";
import { contextOf } from "./context.ts";
import type { Surroundings } from "./surroundings.ts";
import { pairs } from "./table.ts";

export function addStatus(program: Command, surroundings: Surroundings): void {
  program
    .command("status")
    .summary("how the running server is")
    .description("Shows how the running server is: addresses, journal, clock, keys, venue.")
    .addHelpText("after", examples)
    .action(async (_options: object, command: Command) => {
      const context = contextOf(command, surroundings);
      const status = await context.admin.status();
      context.answer(status, statusText(status));
    });
}

const examples = `
Examples:
  $ countersign status
  $ countersign status --json | jq .journal.unknown`;

function statusText(status: StatusView): string {
  const { journal, clock, clientKeys } = status;
  const offset =
    clock.venueOffsetMs === null ? "venue's not measured yet" : `venue's is ${clock.venueOffsetMs} ms off`;
  const reachable =
    status.venueReachable === null ? "not asked yet" : status.venueReachable ? "answers" : "no answer";
  const damaged = clientKeys.damaged === 0 ? "" : `, ${clientKeys.damaged} DAMAGED (see the log)`;
  const lines = pairs([
    ["venue", `${status.venue}, ${reachable}`],
    ["bots connect to", status.dataUrl],
    ["health", `${status.controlUrl}/healthz`],
    ["up", duration(status.uptimeMs)],
    [
      "journal",
      `${journal.available ? "writable" : "NOT WRITABLE: orders are refused"}, ${journal.entries} entries`,
    ],
    ["orders", `${journal.intents} recorded, ${journal.unknown} with unknown outcome`],
    ["clock", `${clock.steady ? "steady" : "STEPPED BACK: orders are refused"}, ${offset}`],
    ["client keys", `${clientKeys.active} active, ${clientKeys.revoked} revoked${damaged}`],
    ["venue keys", String(status.venueKeys)],
  ]);
  return `Countersign ${status.version} is running.\n\n${lines}`;
}

function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.floor(ms / 1000)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 1) return `${minutes} min`;
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}
