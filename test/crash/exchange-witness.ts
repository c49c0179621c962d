/**
 * The sandbox exchange as a witness: which mutations reached it under the venue key, and the very bytes it answered.
 * It runs in the test's own process, so no crash of the gateway can touch what it saw.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import { startSandbox } from "countersign-sandbox";
import type { JournalEntry, Sandbox, SandboxOptions } from "countersign-sandbox";
import { createBot, get, sendAnswered, serverTimeMs } from "./bot.ts";
import type { Answer, Bot, Param, Wish } from "./bot.ts";

/** A mutation as it arrived at the exchange. */
export interface SeenMutation {
  /** Method and path. */
  readonly endpoint: string;
  /** Without what the gateway adds to countersign: recvWindow, timestamp, signature. */
  readonly params: readonly Param[];
  readonly executed: boolean;
  /** The body that the exchange answered; undefined while it has not. */
  readonly answer: string | undefined;
}

export interface Exchange {
  readonly sandbox: Sandbox;
  readonly uid: number;
  /** The key that the gateway is given. */
  readonly venueKey: { readonly apiKey: string; readonly secret: string };
  /** Every mutation that came under the venue key, in order. */
  mutations(): readonly SeenMutation[];
  /** Called for each request under any key as it arrives, before it is executed. */
  onArrival(listener: () => void): void;
  /** Does something on the account with a key of the test's own: the gateway has no part in it. */
  direct(wish: Wish): Promise<Answer>;
  /** A price far enough below the market for a buy order to rest, near enough for the price filter. */
  restingPrice(): Promise<string>;
  close(): Promise<void>;
}

const addedByGateway: ReadonlySet<string> = new Set(["recvWindow", "timestamp", "signature"]);

export async function openExchange(options: SandboxOptions = {}): Promise<Exchange> {
  const sandbox = await startSandbox({ tickMs: undefined, history: false, ...options });
  const answers = keepAnswers(sandbox);
  const account = sandbox.accounts[0];
  const apiKey = account?.keys[0]?.apiKey;
  const secret = account?.keys[0]?.secret;
  if (account === undefined || apiKey === undefined || secret === undefined) {
    throw new Error("the sandbox opened no account");
  }
  const own = sandbox.addKey(account.uid);
  const owner: Bot = await createBot(own.apiKey, own.secret ?? "");
  return {
    sandbox,
    uid: account.uid,
    venueKey: { apiKey, secret },
    mutations: () =>
      sandbox.journal
        .entries()
        .filter((entry) => entry.headers.apiKey === apiKey && entry.method !== "GET")
        .map((entry) => seen(entry, answers.get(entry.seq))),
    onArrival: answers.onArrival,
    async direct(wish) {
      return await sendAnswered(sandbox.url, await owner.sign(wish, await serverTimeMs(sandbox.url)));
    },
    async restingPrice() {
      const { body } = await get(sandbox.url, "/api/v3/ticker/price?symbol=BTCUSDT");
      return String(Math.floor(Number((JSON.parse(body) as { price: string }).price) * 0.8));
    },
    async close() {
      answers.stop();
      await sandbox.close();
    },
  };
}

function seen(entry: JournalEntry, answer: string | undefined): SeenMutation {
  const [path = "", query = ""] = entry.target.split("?", 2);
  const params = [query, entry.body]
    .flatMap((part) => (part === "" ? [] : part.split("&")))
    .map((pair): Param => {
      const [name = "", value = ""] = pair.split("=", 2).map(decodeURIComponent);
      return [name, value];
    })
    .filter(([name]) => !addedByGateway.has(name));
  return { endpoint: `${entry.method} ${path}`, params, executed: entry.outcome.executed, answer };
}

/** The sandbox's journal keeps no bodies; Node tells of each request to a server, in the journal's own order. */
function keepAnswers(sandbox: Sandbox) {
  const channel = "http.server.request.start";
  const answers = new Map<number, string>();
  const listeners: (() => void)[] = [];
  let seq = 0;
  const listen = (message: unknown): void => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    if (request.socket.localPort !== sandbox.port) return;
    seq += 1;
    const own = seq;
    const end = response.end.bind(response) as (body: unknown) => ServerResponse;
    response.end = ((body: unknown) => {
      answers.set(own, String(body));
      return end(body);
    }) as typeof response.end;
    for (const listener of listeners) listener();
  };
  subscribe(channel, listen);
  return {
    get: (of: number) => answers.get(of),
    onArrival: (listener: () => void) => void listeners.push(listener),
    stop: () => void unsubscribe(channel, listen),
  };
}
