/** Runs `npm start --silent -- --json` as a program would, uses what it prints, interrupts it, and looks what is left. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";

const child = spawn("npm", ["start", "--silent", "--", "--json"], {
  stdio: ["ignore", "pipe", "inherit"],
  detached: true,
});
const lines: string[] = [];
const reader = createInterface({ input: child.stdout });
reader.on("line", (line) => lines.push(line));
await once(reader, "line");
const ready = JSON.parse(lines[0] ?? "") as Record<string, string | null>;
const names = [
  "baseUrl",
  "wsUrl",
  "controlUrl",
  "consoleUrl",
  "sandboxUrl",
  "dataDir",
  "apiKey",
  "apiSecret",
];
if (Object.keys(ready).join() !== names.join()) throw new Error(`unexpected line: ${lines[0] ?? ""}`);
const health = await fetch(`${String(ready["controlUrl"])}/healthz`);
const time = await fetch(`${String(ready["baseUrl"])}/api/v3/time`);
if (health.status !== 200 || time.status !== 200)
  throw new Error(`health ${health.status}, time ${time.status}`);

// Ctrl-C reaches the whole process group.
process.kill(-(child.pid ?? 0), "SIGINT");
await once(child, "close");
if (lines.length !== 1) throw new Error(`stdout carried ${lines.length} lines`);
if (existsSync(String(ready["dataDir"]))) throw new Error("the temporary folder is still there");
const left = await fetch(`${String(ready["baseUrl"])}/api/v3/time`).then(
  () => "the gateway still answers",
  () => undefined,
);
if (left !== undefined) throw new Error(left);
console.log("one line, healthy, ended cleanly");
