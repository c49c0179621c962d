/** A real control plane over make-believe rooms: real sockets, keys in a list, every log line kept. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "@prometheus-io/client";
import { adminClient, permissions } from "@countersign/contract";
import type { AdminClient } from "@countersign/contract";
import { startControl } from "../../src/admin/control.ts";
import type { ControlParts, RunningControl } from "../../src/admin/control.ts";
import type { ClientKeyDesk, VenueKeyDesk } from "../../src/admin/rooms.ts";
import { createLog } from "../../src/base/log.ts";
import { Secret } from "../../src/base/secret.ts";
import { controlTransport } from "../../src/cli/control-transport.ts";
import type { ListedClientKey } from "../../src/keys/client-keys.ts";
import { KeyError } from "../../src/keys/key-error.ts";
import type { KeyErrorCode } from "../../src/keys/key-error.ts";
import type { ListedVenueKey, VenueKeyInput } from "../../src/keys/venue-keys.ts";

/** What the make-believe keys room issues; a canary that no log line and no later answer may hold. */
export const issuedSecret = `csSECRETcanary${"x".repeat(50)}`;
const atMs = 1_700_000_000_000;

export interface Rooms {
  readonly clientKeys: ListedClientKey[];
  readonly venueKeys: ListedVenueKey[];
  /** What was handed to the vault, secrets and all. */
  readonly handedIn: VenueKeyInput[];
  readonly clientKeyDesk: ClientKeyDesk;
  readonly venueKeyDesk: VenueKeyDesk;
}

function foundIn<T extends { readonly id: string }>(keys: readonly T[], id: string, code: KeyErrorCode): T {
  const key = keys.find((each) => each.id === id);
  if (key === undefined) throw new KeyError(code, `There is no key ${id.slice(0, 8)}.`);
  return key;
}

export function makeRooms(): Rooms {
  const clientKeys: ListedClientKey[] = [];
  const venueKeys: ListedVenueKey[] = [];
  const handedIn: VenueKeyInput[] = [];
  const clientKeyDesk: ClientKeyDesk = {
    async issue({ label, algorithm, publicKeyPem, venueKeyId, permissions: asked, ...bounds }) {
      if (label === "explode") throw new Error(`boom over ${issuedSecret}`);
      if (label === "disk full") throw Object.assign(new Error("sqlite says 13"), { name: "StoreError" });
      foundIn(venueKeys, venueKeyId, "unknown-venue-key");
      const key = {
        id: `cskid${clientKeys.length}`.padEnd(64, "A"),
        label,
        algorithm,
        publicKeyPem,
        state: "active",
        generation: 1,
        grant: { ...bounds, permissions: permissions.filter((each) => asked.includes(each)), venueKeyId },
        createdMs: atMs,
        revokedMs: undefined,
      } as const;
      clientKeys.push({ ...key, live: true });
      return { key, ...(algorithm === "HMAC" && { secret: new Secret(issuedSecret) }) };
    },
    list: () => clientKeys,
    show: (id) => clientKeys.find((key) => key.id === id),
    async revoke(id) {
      const found = foundIn(clientKeys, id, "unknown-client-key");
      const key = { ...found, state: "revoked", revokedMs: atMs + 1 } as const;
      clientKeys[clientKeys.indexOf(found)] = { ...key, live: false };
      return key;
    },
  };
  const venueKeyDesk: VenueKeyDesk = {
    async add(order) {
      handedIn.push(order);
      const { label, algorithm, apiKey, accountUid } = order;
      const id = `vk_${venueKeys.length}`;
      const publicKeyPem = undefined;
      const key = {
        id,
        label,
        venue: "sandbox",
        accountUid,
        algorithm,
        apiKey,
        publicKeyPem,
        createdMs: atMs,
      } as const;
      venueKeys.push({ ...key, damaged: false, signs: true });
      return key;
    },
    list: () => venueKeys,
    show: (id) => venueKeys.find((key) => key.id === id),
  };
  return { clientKeys, venueKeys, handedIn, clientKeyDesk, venueKeyDesk };
}

export interface Fixture {
  readonly dataDir: string;
  readonly rooms: Rooms;
  readonly control: RunningControl;
  readonly admin: AdminClient;
  /** Everything that was logged, as it would stand on stderr. */
  logged(): string;
  port(): number;
  close(): Promise<void>;
}

export async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "cs-"));
}

/** Starts a control plane in a folder of its own; `over` replaces parts of it. */
export async function startFixture(over: Partial<ControlParts> = {}): Promise<Fixture> {
  const dataDir = over.dataDir ?? (await temporaryFolder());
  const rooms = makeRooms();
  const lines: string[] = [];
  const log = createLog("debug", { write: (line) => void lines.push(line) });
  const control = await startControl({
    dataDir,
    control: { host: "127.0.0.1", port: 0 },
    clientKeys: rooms.clientKeyDesk,
    venueKeys: rooms.venueKeyDesk,
    identify: async () => ({ accountUid: "4711" }),
    facts: () => ({
      version: "0.1.0",
      venue: "sandbox",
      dataUrl: "http://127.0.0.1:8080",
      journal: { available: true, entries: 3, intents: 2, unknown: 1 },
      clock: { steady: true, venueOffsetMs: -12 },
      venueReachable: true,
    }),
    health: () => ({ journalAvailable: true, clockSteady: true }),
    metrics: new Registry(),
    clock: { wallMs: () => atMs, monotonicMs: () => 5_000 },
    log,
    ...over,
  }).catch(async (error: unknown) => {
    if (over.dataDir === undefined) await rm(dataDir, { recursive: true });
    throw error;
  });
  return {
    dataDir,
    rooms,
    control,
    admin: adminClient(controlTransport(control.socketPath, dataDir)),
    logged: () => lines.join(""),
    port: () => Number(new URL(control.controlUrl).port),
    async close() {
      await control.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  readonly text: string;
}

/** Writes these very bytes and reads until the other side closes. */
export async function rawExchange(to: number | string, request: string | Buffer): Promise<RawAnswer> {
  const socket = typeof to === "number" ? connect(to, "127.0.0.1") : connect(to);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  // A refusal may close while we still write; what was answered before that is what counts.
  socket.on("error", () => {});
  socket.write(request);
  await once(socket, "close");
  const text = Buffer.concat(chunks).toString("utf8");
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [statusLine = "", ...fields] = head.split("\r\n");
  const headers = new Map(
    fields.map((field) => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(statusLine.split(" ")[1]), headers, body: rest.join("\r\n\r\n"), text };
}

/** A request that closes its connection, with these header lines. */
export function rawRequest(line: string, headers: readonly string[], body = ""): string {
  return [`${line} HTTP/1.1`, ...headers, "connection: close", "", body].join("\r\n");
}
