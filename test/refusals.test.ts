/**
 * Keeps refusal table, sources and docs/errors telling the same story: every row is thrown somewhere and has its page,
 * every page says what the table says, what ccxt really makes of it, and whether anything was executed.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { refusalMessage, refusals } from "@countersign/contract";
import type { RefusalName, RefusalRow } from "@countersign/contract";
import ccxt from "ccxt";
import { describe, expect, test } from "vitest";
import { clockStepBackMsMax } from "../apps/server/src/base/clock.ts";
import { payloadsMax, payloadsPerKeyMax } from "../apps/server/src/gateway/accepted-once.ts";
import { connectionsMax, connectionsPerAddressMax, requestsMax } from "../apps/server/src/gateway/doorman.ts";
import { endpoints } from "../apps/server/src/gateway/endpoints.ts";
import { grammars } from "../apps/server/src/gateway/grammar.ts";
import { doorLimits } from "../apps/server/src/gateway/door-limits.ts";
import { paramsMax } from "../apps/server/src/gateway/parse.ts";
import { unstatedWaitMs } from "../apps/server/src/limits/tap.ts";
import { connectionLimits } from "../apps/server/src/venue/connection.ts";
import { inFlightForCancels, inFlightMax } from "../apps/server/src/venue/venue.ts";

const root = resolve(import.meta.dirname, "..");
const pagesFolder = join(root, "docs/errors");
const serverSources = join(root, "apps/server/src");

const table: Readonly<Record<RefusalName, RefusalRow>> = refusals;
const isName = (text: string): text is RefusalName => Object.hasOwn(table, text);
const names = Object.keys(table).filter(isName);
const gapsOf = (name: RefusalName): number => table[name].msg.split("%s").length - 1;

const pageNames = readdirSync(pagesFolder)
  .filter((file) => file !== "README.md")
  .map((file) => file.replace(/\.md$/, ""));
const index = readFileSync(join(pagesFolder, "README.md"), "utf8");

interface Page {
  readonly text: string;
  readonly sections: ReadonlyMap<string, string>;
}

function pageOf(name: RefusalName): Page {
  const text = readFileSync(join(pagesFolder, `${name}.md`), "utf8");
  const [, ...parts] = text.split(/^## /m);
  const sections = parts.map((part): [string, string] => {
    const end = part.indexOf("\n");
    return [part.slice(0, end), part.slice(end).trim()];
  });
  return { text, sections: new Map(sections) };
}

const executedHeading = "Has anything been executed?";
const executedAnswer = (name: RefusalName): string =>
  /^(?:No|Yes|Unknown)(?=\.)/.exec(pageOf(name).sections.get(executedHeading) ?? "")?.[0] ?? "unsaid";

/** The class ccxt throws for a row's answer at a gateway's own URL, and whether its own retry would catch that. */
function ccxtClassOf(name: RefusalName, authenticatedBefore: boolean): string {
  const { status, code } = table[name];
  const answer = {
    code,
    msg: refusalMessage(
      name,
      Array.from({ length: gapsOf(name) }, () => "x"),
    ),
  };
  const client = new ccxt.binance({ options: { hasAlreadyAuthenticatedSuccessfully: authenticatedBefore } });
  try {
    const url = "http://127.0.0.1:1/api/v3/order";
    client.handleErrors(status, "", url, "POST", {}, JSON.stringify(answer), answer, {}, "");
  } catch (error) {
    if (!(error instanceof ccxt.BaseError)) throw error;
    return `${error.constructor.name} (${error instanceof ccxt.OperationFailed ? "retryable" : "final"})`;
  }
  return "nothing";
}

describe("the pages of docs/errors", () => {
  test("each row has its page and each page its row", () => {
    expect(pageNames.toSorted()).toEqual(names.toSorted());
  });

  test.each(names)("%s: title, status, code and text are the table's", (name) => {
    const { status, code, msg } = table[name];
    const lines = pageOf(name).text.split("\n");
    expect(lines[0]).toBe(`# ${name}`);
    expect(lines.slice(2, 5)).toEqual([
      "| HTTP status | code | text |",
      "| --- | --- | --- |",
      `| ${status} | ${code} | \`${msg}\` |`,
    ]);
  });

  test.each(names)("%s: the sections stand in their order and hold something", (name) => {
    const { sections } = pageOf(name);
    const asked = ["What happened", "What a bot should do", "What the owner can do", executedHeading];
    expect([...sections.keys()]).toEqual(asked.filter((each) => sections.has(each)));
    for (const each of asked.filter((heading) => heading !== "What the owner can do")) {
      expect(sections.get(each)?.length ?? 0, each).toBeGreaterThan(20);
    }
    expect(executedAnswer(name)).toMatch(/^(No|Yes|Unknown)$/);
  });

  test.each(names)("%s: ccxt raises what the page says", (name) => {
    const { text } = pageOf(name);
    const first = ccxtClassOf(name, false);
    const later = ccxtClassOf(name, true);
    expect(/^ccxt: (.+)$/m.exec(text)?.[1]).toBe(first);
    expect(/^ccxt-later: (.+)$/m.exec(text)?.[1]).toBe(later === first ? undefined : later);
  });

  test("where an order may have been executed and ccxt would send it again, the page warns of that", () => {
    const dangerous = names.filter(
      (name) => executedAnswer(name) !== "No" && ccxtClassOf(name, true).endsWith("(retryable)"),
    );
    expect(dangerous).toContain("execution-unknown");
    const silent = dangerous.filter(
      (name) => !pageOf(name).sections.get("What a bot should do")?.includes("`maxRetriesOnFailure`"),
    );
    expect(silent).toEqual([]);
  });

  test("no page of a refusal that may have executed something tells a bot that signing again is safe", () => {
    const wrong = names.filter(
      (name) => executedAnswer(name) !== "No" && pageOf(name).text.includes("that is safe"),
    );
    expect(wrong).toEqual([]);
  });

  test("links lead to pages that are there", () => {
    const linked = [index, ...names.map((name) => pageOf(name).text)].flatMap((text) =>
      [...text.matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] ?? ""),
    );
    expect(linked.filter((link) => !isName(link.replace(/\.md$/, "")))).toEqual([]);
  });
});

describe("the index", () => {
  test("is the refusal table, by code", () => {
    const rows = names
      .toSorted((a, b) => table[b].code - table[a].code || (a < b ? -1 : 1))
      .map((name) => {
        const { code, status, msg } = table[name];
        return `| ${code} | ${status} | \`${msg}\` | [${name}](${name}.md) | ${executedAnswer(name)} |`;
      });
    const written = index.split("\n").filter((line) => /^\| -[0-9]/.test(line));
    expect(written).toEqual(rows);
  });

  test("names the ccxt that was asked", () => {
    const manifest = readFileSync(join(root, "package.json"), "utf8");
    const version = /"ccxt": "([0-9.]+)"/.exec(manifest)?.[1] ?? "no version";
    expect(index).toContain(`ccxt ${version} `);
  });

  test("names the headers as the gateway writes them", () => {
    const written = ["refusal.ts", "front-desk.ts"].map((file) =>
      readFileSync(join(serverSources, "gateway", file), "utf8"),
    );
    for (const header of ["X-Countersign-Refusal", "X-Countersign-Request-Id"]) {
      expect(index).toContain(`\`${header}\``);
      expect(written.some((source) => source.includes(`"${header.toLowerCase()}"`))).toBe(true);
    }
  });
});

describe("what the pages say of the code is so", () => {
  const count = (value: number): string => value.toLocaleString("en-US");
  const seconds = (ms: number): string => `${ms / 1000} seconds`;
  const bounds: readonly [RefusalName, string][] = [
    ["http-headers-too-large", `${count(doorLimits.headerBytesMax)} bytes`],
    ["http-headers-too-large", `${count(doorLimits.headersMax)} headers`],
    ["http-body-too-large", `${count(doorLimits.bodyBytesMax)} bytes`],
    ["http-too-slow", seconds(doorLimits.headersMsMax)],
    ["http-too-slow", seconds(doorLimits.requestMsMax)],
    ["too-many-requests", `${count(requestsMax)} requests`],
    ["too-many-requests", `${count(connectionsPerAddressMax)} from one address`],
    ["too-many-requests", `${count(connectionsMax)} in all`],
    ["parameters-too-many", `${count(paramsMax)} parameters`],
    ["guard-full", `${count(payloadsPerKeyMax)} for one key`],
    ["guard-full", `${count(payloadsMax)} in all`],
    ["venue-busy", `${count(inFlightMax)} places`],
    ["venue-busy", `${count(inFlightForCancels)} of them`],
    ["venue-rate-limited", seconds(unstatedWaitMs[429])],
    ["venue-banned", seconds(unstatedWaitMs[418])],
    ["clock-unsteady", `${count(clockStepBackMsMax)} milliseconds`],
    ["venue-unreachable", seconds(connectionLimits.connectMsMax)],
    ["execution-unknown", seconds(connectionLimits.answerMsMax)],
  ];
  test.each(bounds)("%s: %s", (name, said) => {
    expect(pageOf(name).sections.get("What happened")).toContain(said);
  });

  const words = [
    [
      "order-type-not-served",
      "orderType",
      "LIMIT MARKET STOP_LOSS STOP_LOSS_LIMIT TAKE_PROFIT TAKE_PROFIT_LIMIT LIMIT_MAKER",
    ],
    ["time-in-force-unknown", "timeInForce", "GTC IOC FOK GTD"],
    ["side-unknown", "side", "BUY SELL"],
    ["parameter-value", "responseType", "ACK RESULT FULL"],
    ["parameter-value", "cancelRestrictions", "ONLY_NEW ONLY_PARTIALLY_FILLED"],
    ["parameter-value", "tickerType", "FULL MINI"],
  ] as const;
  test.each(words)("%s names the words that %s takes, and no others", (name, grammar, candidates) => {
    const said = pageOf(name).sections.get("What happened") ?? "";
    for (const word of candidates.split(" ")) {
      expect(said.includes(`\`${word}\``), word).toBe(grammars[grammar].pattern.test(word));
    }
  });

  test("interval-unknown lists the intervals", () => {
    const listed = /`(1s [^`]+)`/.exec(pageOf("interval-unknown").text)?.[1]?.split(" ") ?? [];
    expect(`^(?:${listed.join("|")})$`).toBe(grammars.interval.pattern.source);
  });

  test("parameter-unknown names order parameters that orders indeed do not take", () => {
    const order = endpoints.find((each) => each.name === "POST /api/v3/order");
    const said = /does not, today: (.+)/.exec(pageOf("parameter-unknown").text)?.[1] ?? "";
    const named = [...said.matchAll(/`([A-Za-z]+)`/g)].map((match) => match[1] ?? "");
    expect(named).not.toEqual([]);
    expect(named.filter((each) => order?.service === undefined || each in order.service.params)).toEqual([]);
  });

  test("endpoint-not-served names endpoints that are indeed not served", () => {
    const unserved = endpoints.filter((each) => each.service === undefined).map((each) => each.path);
    for (const part of [
      "order/cancelReplace",
      "order/amend/keepPriority",
      "orderList/oco",
      "orderList/otoco",
    ]) {
      expect(unserved).toContain(`/api/v3/${part}`);
    }
  });
});

describe("the texts", () => {
  /** Verbatim from errors.md of binance-spot-api-docs, unless marked. */
  const official: Readonly<Record<number, readonly string[]>> = {
    [-1000]: ["An unknown error occurred while processing the request."],
    [-1002]: ["You are not authorized to execute this request."],
    [-1003]: [
      "Too many requests queued.",
      "Too much request weight used; current limit is %s request weight per %s. Please use WebSocket Streams for live updates to avoid polling the API.",
      "Way too much request weight used; IP banned until %s. Please use WebSocket Streams for live updates to avoid bans.",
    ],
    [-1006]: ["An unexpected response was received from the message bus. Execution status unknown."],
    [-1007]: [
      "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
    ],
    [-1008]: ["Server is currently overloaded with other requests. Please try again in a few minutes."],
    [-1016]: ["This service is no longer available."],
    [-1021]: [
      "Timestamp for this request is outside of the recvWindow.",
      "Timestamp for this request was 1000ms ahead of the server's time.",
    ],
    [-1022]: ["Signature for this request is not valid."],
    // Not in errors.md; seen on the wire.
    [-1099]: ["Not found, unauthenticated, or unauthorized."],
    [-1100]: [
      "Illegal characters found in a parameter.",
      "Illegal characters found in parameter '%s'; legal range is '%s'.",
    ],
    [-1101]: [
      "Too many parameters; expected '%s' and received '%s'.",
      "Duplicate values for a parameter detected.",
    ],
    [-1102]: ["Mandatory parameter '%s' was not sent, was empty/null, or malformed."],
    [-1104]: ["Not all sent parameters were read; read '%s' parameter(s) but was sent '%s'."],
    [-1105]: ["Parameter '%s' was empty."],
    [-1115]: ["Invalid timeInForce."],
    [-1116]: ["Invalid orderType."],
    [-1117]: ["Invalid side."],
    [-1120]: ["Invalid interval."],
    [-1130]: ["Data sent for parameter '%s' is not valid."],
    // Changelog of 2019; errors.md no longer lists it.
    [-1131]: ["'recvWindow' must be less than 60000."],
    [-1155]: ["SBE is not enabled."],
    [-1194]: ["Invalid value for time unit; expected either MICROSECOND or MILLISECOND."],
    // The second: not in errors.md; seen on the wire.
    [-2010]: ["Duplicate order sent.", "Symbol not whitelisted for API key."],
    [-2014]: ["API-key format invalid."],
    [-2015]: ["Invalid API-key, IP, or permissions for action."],
  };
  /** Binance has no sentence for what these say. */
  const ownWords = ["endpoint-not-served", "payload-used", "under-maintenance", "venue-rate-limited"];

  test("are Binance's own, word for word, but for those that Binance has no words for", () => {
    const others = names.filter((name) => !official[table[name].code]?.includes(table[name].msg));
    expect(others.toSorted()).toEqual(ownWords);
  });

  test("statuses are those Binance gives the codes", () => {
    const stated: Readonly<Record<number, readonly number[]>> = {
      [-1003]: [418, 429],
      [-1021]: [400],
      [-1022]: [400],
      [-2010]: [400],
      [-2014]: [401],
      [-2015]: [401],
    };
    const wrong = names.filter((name) => {
      const { code, status } = table[name];
      return stated[code]?.includes(status) === false;
    });
    expect(wrong).toEqual([]);
  });
});

interface Site {
  readonly where: string;
  readonly names: readonly RefusalName[];
  /** How many facts it gives; undefined when it gives them in a form that cannot be counted here. */
  readonly facts: number | undefined;
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
}

const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");

/** Splits what stands between an opening bracket just before `from` and its closing one at top-level commas. */
function partsFrom(code: string, from: number): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = "";
  let start = from;
  for (let at = from; at < code.length; at += 1) {
    const sign = code[at] ?? "";
    if (quote !== "") {
      if (sign === "\\") at += 1;
      else if (sign === quote) quote = "";
    } else if (`"'\``.includes(sign)) quote = sign;
    else if ("([{".includes(sign)) depth += 1;
    else if (depth === 0 && ")],}".includes(sign)) {
      parts.push(code.slice(start, at).trim());
      start = at + 1;
      if (sign !== ",") return parts.filter((part) => part !== "");
    } else if (")]}".includes(sign)) depth -= 1;
  }
  throw new Error("unbalanced brackets");
}

const namesIn = (text: string): RefusalName[] =>
  [...text.matchAll(/"([a-z-]+)"/g)].map((match) => match[1] ?? "").filter(isName);

const codes = new Map(
  sourcesBelow(serverSources).map((file) => [
    file,
    withoutComments(readFileSync(join(serverSources, file), "utf8")),
  ]),
);

/** Names of a site whose first argument is no literal: `const x = …` of the same file, or `x: "…"` of the policy. */
function namesBehind(expression: string, code: string): RefusalName[] {
  const word = expression.split(".").at(-1) ?? "";
  const declared = new RegExp(`\\bconst ${word}\\b[^=]*=([^;]+);`).exec(code)?.[1];
  if (declared !== undefined) return namesIn(declared);
  const property = new RegExp(`\\b${word}: "[a-z-]+"`, "g");
  return [...codes]
    .filter(([file]) => file.startsWith("policy"))
    .flatMap(([, text]) => namesIn([...text.matchAll(property)].map((match) => match[0]).join(" ")));
}

function sitesOf(file: string, code: string): Site[] {
  return [...code.matchAll(/\bnew Refusal\(/g)].map((match) => {
    const [first = "", second] = partsFrom(code, match.index + match[0].length);
    const literal = namesIn(first);
    const countable = second?.startsWith("[") === true && !second.includes("...");
    return {
      where: `${file}: new Refusal(${first}${second === undefined ? "" : `, ${second}`})`,
      names: literal.length > 0 ? literal : namesBehind(first, code),
      facts: second === undefined ? 0 : countable ? partsFrom(second, 1).length : undefined,
    };
  });
}

const sites = [...codes].flatMap(([file, code]) => sitesOf(file, code));

describe("the sources", () => {
  test("every refusal that is made is one this test can read", () => {
    expect(sites.length).toBeGreaterThan(names.length);
    const unread = sites.filter((site) => site.names.length === 0 || site.facts === undefined);
    expect(unread.map((site) => site.where)).toEqual([]);
  });

  test("every refusal has as many facts as its sentence has gaps", () => {
    const wrong = sites.filter((site) => site.names.some((name) => gapsOf(name) !== site.facts));
    expect(wrong.map((site) => site.where)).toEqual([]);
  });

  test("every row of the table is thrown somewhere", () => {
    const thrown = new Set(sites.flatMap((site) => site.names));
    expect(names.filter((name) => !thrown.has(name))).toEqual([]);
  });

  test("the reader of sources can fail: it sees a wrong count, a hidden name and a list it cannot count", () => {
    const [wrong, hidden, uncounted, chosen] = sitesOf(
      "example.ts",
      `new Refusal("parameter-empty", ["a,b", f(1, 2)]); new Refusal(nowhere);
       new Refusal("parameter-empty", facts); const which = late ? "timestamp-ahead" : "timestamp-outside"; new Refusal(which);`,
    );
    expect(wrong).toMatchObject({ names: ["parameter-empty"], facts: 2 });
    expect(hidden?.names).toEqual([]);
    expect(uncounted?.facts).toBeUndefined();
    expect(chosen?.names).toEqual(["timestamp-ahead", "timestamp-outside"]);
  });
});
