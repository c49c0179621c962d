/** `npm start`: sandbox and gateway, a key for a bot, and what to do with it. Ctrl-C ends both cleanly. */
import { parseArgs } from "node:util";
import { ccxtSnippet } from "./snippet.ts";
import { startStack } from "./stack.ts";
import type { Stack } from "./stack.ts";

const help = `npm start [-- options]

Brings up the sandbox exchange and the gateway on loopback and issues one client key.

  --data-dir FOLDER  keep everything in FOLDER and use it again next time (default: a temporary folder)
  --json             print exactly one line, when ready; use: npm start --silent -- --json
  --help             this text
`;

/** The one line for programs; null for what does not exist yet. */
function readyLine(stack: Stack): string {
  const { baseUrl, controlUrl, dataDir, apiKey, apiSecret, sandbox } = stack;
  const line = { baseUrl, wsUrl: null, controlUrl, consoleUrl: null, sandboxUrl: sandbox.baseUrl, dataDir };
  return JSON.stringify({ ...line, apiKey, apiSecret });
}

function banner(stack: Stack): string {
  return `
Countersign is up, in front of a sandbox exchange. Nothing here is real money.

  base URL     ${stack.baseUrl}
  API key      ${stack.apiKey}
  API secret   ${stack.apiSecret}   (shown this once)

  health       ${stack.controlUrl}/healthz
  metrics      ${stack.controlUrl}/metrics
  sandbox      ${stack.sandbox.baseUrl}   (the exchange itself: it never heard of the key above)
  data folder  ${stack.dataDir}

Point a bot at it. Save this as bot.mjs in this folder and run: npx node bot.mjs

${ccxtSnippet(stack)}
Ctrl-C ends both.
`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { "data-dir": { type: "string" }, json: { type: "boolean" }, help: { type: "boolean" } },
  });
  if (values.help === true) {
    process.stdout.write(help);
    return;
  }
  // Listened to before the start, so that an early Ctrl-C still ends what had started.
  const asked = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => resolve());
  });
  const dataDir = values["data-dir"];
  const progress = (what: string): void => void process.stderr.write(`${what} …\n`);
  const stack = await startStack({
    ...(dataDir !== undefined && { dataDir }),
    ...(values.json !== true && { progress }),
  });
  process.stdout.write(values.json === true ? `${readyLine(stack)}\n` : banner(stack));
  // Ctrl-C reaches all three processes: one that ended well was asked to.
  const ended = await Promise.race([asked, stack.ended]);
  await stack.close();
  if (ended !== undefined && ended.code !== 0) {
    process.stderr.write(`${ended.name} ended by itself; its log is in ${stack.dataDir}\n`);
    process.exitCode = 1;
  }
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
