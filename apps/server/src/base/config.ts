/**
 * `countersign.yaml`: what the operator decides, read strictly. An unknown key, a wrong value or a file that others
 * may write is refused with its line and column, all problems at once. It holds no secret, and nothing here opens a socket.
 */
import { open } from "node:fs/promises";
import { isIP, isIPv4 } from "node:net";
import { join, resolve } from "node:path";
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from "yaml";
import type { Document } from "yaml";
import { z } from "zod";
import { logLevels } from "./log.ts";
import type { LogLevel } from "./log.ts";

export const configFileName = "countersign.yaml";
/** The control socket's name in the data folder: what the server listens on and the command connects to. */
export const controlSocketName = "control.sock";
/** A longer file is refused before it is parsed. */
export const configBytesMax = 65_536;
/** More problems than this are cut off, so that a broken file cannot flood a terminal. */
const problemsMax = 50;

/** The venues, by the names that `keys/venue-key.ts` gives them; `base` may not import that room. */
const venueNames = ["binance", "testnet", "demo", "sandbox"] as const;

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Where the data plane listens. Port 0 means that the kernel chooses. */
export interface ListenConfig {
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsFiles;
  /** Plain HTTP on an address that is not loopback; the name says what it is. */
  readonly dangerouslyServePlainHttp?: boolean;
}

export interface ControlConfig {
  readonly host: string;
  readonly port: number;
}

export interface Config {
  readonly venue: (typeof venueNames)[number];
  /** Only for the sandbox, and always there; an origin such as `http://127.0.0.1:9090`. */
  readonly venueUrl?: string;
  readonly listen: ListenConfig;
  readonly control: ControlConfig;
  readonly logLevel: LogLevel;
}

/** One thing that is wrong; line and column count from 1, and are undefined where no file is involved. */
export interface ConfigProblem {
  readonly path: string;
  readonly message: string;
  readonly line: number | undefined;
  readonly column: number | undefined;
}

export type ConfigErrorCode = "config-missing" | "config-exists" | "config-unsafe" | "config-invalid";

/** The configuration cannot be used; the message lists every problem, one a line. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code: ConfigErrorCode;
  readonly problems: readonly ConfigProblem[];

  constructor(code: ConfigErrorCode, message: string, problems: readonly ConfigProblem[] = []) {
    super(message);
    this.code = code;
    this.problems = problems;
  }
}

/** Whether `host` is an IP address of the loopback interface. A name is not: it may resolve to anything. */
export function isLoopbackAddress(host: string): boolean {
  return host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

const address = z.string().refine((text) => isIP(text) !== 0, {
  error: "must be an IP address, such as 127.0.0.1 (names are not resolved)",
});
const port = z.int().min(0).max(65_535);
const filePath = z.string().min(1).max(4096);

const loopbackOrigin = /^https?:\/\/(?:([0-9.]+)|\[::1\])(?::([0-9]{1,5}))?\/?$/;

function isLoopbackOrigin(text: string): boolean {
  const match = loopbackOrigin.exec(text);
  if (match === null) return false;
  const [, ipv4, portText] = match;
  return (ipv4 === undefined || isLoopbackAddress(ipv4)) && (portText === undefined || isPort(portText));
}

function isPort(text: string): boolean {
  return Number(text) >= 1 && Number(text) <= 65_535;
}

const listenSchema = z
  .strictObject({
    host: address,
    port,
    tls: z.strictObject({ certFile: filePath, keyFile: filePath }).exactOptional(),
    dangerouslyServePlainHttp: z.boolean().exactOptional(),
  })
  .check((context) => {
    const { host, tls, dangerouslyServePlainHttp } = context.value;
    if (
      tls !== undefined ||
      dangerouslyServePlainHttp === true ||
      isIP(host) === 0 ||
      isLoopbackAddress(host)
    )
      return;
    context.issues.push({
      code: "custom",
      input: host,
      path: ["host"],
      message: `${host} is not loopback: give listen.tls, or say listen.dangerouslyServePlainHttp: true`,
    });
  });

const controlSchema = z.strictObject({
  host: address.refine((host) => isIP(host) === 0 || isLoopbackAddress(host), {
    error: "must be a loopback address: the control listener is never reachable from elsewhere",
  }),
  port,
});

const configSchema = z
  .strictObject({
    venue: z.enum(venueNames),
    venueUrl: z
      .string()
      .refine(isLoopbackOrigin, {
        error: "must be http(s)://127.0.0.1:port or http(s)://[::1]:port, without a path",
      })
      .transform((text) => text.replace(/\/$/, ""))
      .exactOptional(),
    listen: listenSchema.default({ host: "127.0.0.1", port: 8080 }),
    control: controlSchema.default({ host: "127.0.0.1", port: 8081 }),
    logLevel: z.enum(logLevels).default("info"),
  })
  .check((context) => {
    const { venue, venueUrl } = context.value;
    if (venue === "sandbox" && venueUrl === undefined) {
      const message = "is required for the sandbox, e.g. http://127.0.0.1:9090";
      context.issues.push({ code: "custom", input: venueUrl, path: ["venueUrl"], message });
    }
    if (venue !== "sandbox" && venueUrl !== undefined) {
      const message = `is only for the sandbox: the address of ${venue} is fixed`;
      context.issues.push({ code: "custom", input: venueUrl, path: ["venueUrl"], message });
    }
  });

interface Flaw {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Whether the key itself is what is wrong, not its value. */
  readonly atKey: boolean;
}

/** Every flaw of `value`, an unknown key as a flaw of its own path, or the config that it is. */
function judge(value: unknown): { config: Config } | { flaws: readonly Flaw[] } {
  const result = configSchema.safeParse(value, { reportInput: true });
  return result.success ? { config: result.data } : { flaws: result.error.issues.flatMap(flawsOf) };
}

function flawsOf(issue: z.core.$ZodIssue): readonly Flaw[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: "unknown key", atKey: true }));
  }
  const missing =
    (issue.code === "invalid_type" || issue.code === "invalid_value") && issue.input === undefined;
  return [{ path: issue.path, message: missing ? "is required" : issue.message, atKey: false }];
}

function invalid(file: string, problems: readonly ConfigProblem[]): ConfigError {
  const shown = problems.slice(0, problemsMax);
  const lines = shown.map(({ line, column, path, message }) => {
    const place = line === undefined ? file : `${file}:${line}:${column}`;
    return path === "" ? `${place}: ${message}` : `${place}: ${path}: ${message}`;
  });
  return new ConfigError("config-invalid", lines.join("\n"), shown);
}

/**
 * Checks a configuration that came from somewhere else than a file, such as a command's options.
 * @throws ConfigError `config-invalid` with all problems.
 */
export function checkConfig(value: unknown): Config {
  const verdict = judge(value);
  if ("config" in verdict) return verdict.config;
  const problems = verdict.flaws.map(({ path, message }) => {
    return { path: path.map(String).join("."), message, line: undefined, column: undefined };
  });
  throw invalid("configuration", problems);
}

/**
 * Parses the text of a `countersign.yaml`; certificate paths stay as written.
 * @param file how the problems call the file.
 * @throws ConfigError `config-invalid` with all problems, each with line and column.
 */
export function parseConfig(text: string, file: string = configFileName): Config {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    logLevel: "error",
    prettyErrors: false,
    schema: "core",
    version: "1.2",
  });
  const problemAt = (offset: number, path: readonly PropertyKey[], message: string): ConfigProblem => {
    const { line, col } = lineCounter.linePos(offset);
    return { path: path.map(String).join("."), message, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const broken = [...document.errors, ...document.warnings].map((error) => {
    return problemAt(error.pos[0], [], error.message);
  });
  visit(document, {
    Alias: (_, alias) => {
      broken.push(problemAt(alias.range?.[0] ?? 0, [], "anchors and aliases are not taken here"));
    },
  });
  if (broken.length > 0) throw invalid(file, broken);
  const verdict = judge(document.toJS({ maxAliasCount: 0 }));
  if ("config" in verdict) return verdict.config;
  const problems = verdict.flaws.map((flaw) => problemAt(offsetOf(document, flaw), flaw.path, flaw.message));
  throw invalid(
    file,
    problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)),
  );
}

/** Where the deepest part of the flaw's path that the document has begins. */
function offsetOf(document: Document, { path, atKey }: Flaw): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, name] of path.entries()) {
    if (!isMap(node)) return offset;
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(name));
    if (pair === undefined) return offset;
    node = atKey && depth === path.length - 1 ? pair.key : pair.value;
    offset = startOf(node) ?? startOf(pair.key) ?? offset;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  if (!isScalar(node) && !isMap(node) && !isSeq(node) && !isAlias(node)) return undefined;
  return node.range?.[0];
}

/**
 * Reads `<dataDir>/countersign.yaml`; relative certificate paths become absolute from the data folder.
 * @throws ConfigError `config-missing`; `config-unsafe` when others may write the file; `config-invalid`.
 */
export async function readConfig(dataDir: string): Promise<Config> {
  const file = join(dataDir, configFileName);
  const handle = await open(file, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT")
      throw new ConfigError("config-unsafe", `${file} cannot be read: ${error.message}`);
    throw new ConfigError(
      "config-missing",
      `There is no ${file}. Make one: countersign init --data-dir ${dataDir}`,
    );
  });
  try {
    const { mode, size } = await handle.stat();
    if ((mode & 0o022) !== 0) {
      throw new ConfigError("config-unsafe", `Others may write ${file}. Tighten it: chmod 600 ${file}`);
    }
    if (size > configBytesMax) {
      throw new ConfigError("config-invalid", `${file} is longer than ${configBytesMax} bytes`);
    }
    return withAbsolutePaths(parseConfig(await handle.readFile("utf8"), file), dataDir);
  } finally {
    await handle.close();
  }
}

function withAbsolutePaths(config: Config, dataDir: string): Config {
  const { tls } = config.listen;
  if (tls === undefined) return config;
  const absolute = { certFile: resolve(dataDir, tls.certFile), keyFile: resolve(dataDir, tls.keyFile) };
  return { ...config, listen: { ...config.listen, tls: absolute } };
}

/**
 * Writes a new `<dataDir>/countersign.yaml`, mode 0600, with comments; it is on disk when this resolves.
 * @throws ConfigError `config-exists`: an existing file is never overwritten; `config-invalid`.
 */
export async function writeConfig(dataDir: string, config: Config): Promise<void> {
  const file = join(dataDir, configFileName);
  const text = configText(checkConfig(config));
  const handle = await open(file, "wx", 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
    throw new ConfigError("config-exists", `${file} is there already and is never overwritten`);
  });
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The text of a `countersign.yaml` that explains itself; `parseConfig` gives the same config back. */
export function configText(config: Config): string {
  const { venue, venueUrl, listen, control, logLevel } = config;
  // A JSON string is a YAML string, and escapes whatever a path may hold.
  const text = (value: string) => JSON.stringify(value);
  const lines = [
    "# Countersign's configuration. An unknown key is refused; so is a file that others may write.",
    "",
    "# The exchange behind Countersign: binance, testnet, demo or sandbox.",
    `venue: ${venue}`,
    ...(venueUrl === undefined
      ? []
      : ["# Where the sandbox listens; a loopback address.", `venueUrl: ${text(venueUrl)}`]),
    "",
    "# Where bots connect: their base URL. Port 0 lets the kernel choose.",
    "# An address that is not loopback needs tls (certFile, keyFile; relative to this folder).",
    "listen:",
    `  host: ${text(listen.host)}`,
    `  port: ${listen.port}`,
    ...(listen.tls === undefined
      ? []
      : ["  tls:", `    certFile: ${text(listen.tls.certFile)}`, `    keyFile: ${text(listen.tls.keyFile)}`]),
    ...(listen.dangerouslyServePlainHttp === undefined
      ? []
      : [`  dangerouslyServePlainHttp: ${listen.dangerouslyServePlainHttp}`]),
    "",
    "# Health and metrics, on loopback only. Keys are managed over control.sock in this folder.",
    "control:",
    `  host: ${text(control.host)}`,
    `  port: ${control.port}`,
    "",
    "# debug, info, warn, error or silent; lines go to stderr.",
    `logLevel: ${logLevel}`,
  ];
  return `${lines.join("\n")}\n`;
}
