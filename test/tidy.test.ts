/** Keeps the house of DESIGN 3: what may import what, which words are banned where, and that no folder is undeclared. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** A room: its folder, and what it may import besides itself. `node` stands for any `node:` module. */
interface Room {
  readonly may: readonly string[];
  /** Files of the room with a right of their own. */
  readonly except?: Readonly<Record<string, readonly string[]>>;
}

const contract = "@countersign/contract";
const signing = "@countersign/signing";
const everything = ["*"];

/** The map. A folder with sources that is not here is an error, so the map cannot rot. */
const rooms: Readonly<Record<string, Room>> = {
  "packages/signing/src": { may: ["#crypto"], except: { "crypto-node.ts": ["node"] } },
  "packages/contract/src": { may: ["zod"] },
  "apps/server/src": { may: [], except: { "main.ts": everything } },
  "apps/server/src/base": {
    may: ["node"],
    except: { "log.ts": ["node", "pino"], "config.ts": ["node", "yaml", "zod"] },
  },
  "apps/server/src/audit": { may: ["node", "apps/server/src/base"] },
  "apps/server/src/policy": { may: [contract, "apps/server/src/base"] },
  "apps/server/src/limits": { may: [] },
  "apps/server/src/vault": { may: ["node", "apps/server/src/base"] },
  "apps/server/src/keys": {
    may: [
      "node",
      contract,
      signing,
      "apps/server/src/base",
      "apps/server/src/audit",
      "apps/server/src/vault",
    ],
  },
  "apps/server/src/storage": {
    may: [
      "node",
      "kysely",
      contract,
      "apps/server/src/base",
      "apps/server/src/audit",
      "apps/server/src/keys",
    ],
  },
  "apps/server/src/venue": {
    may: [
      "node",
      "undici",
      signing,
      "apps/server/src/base",
      "apps/server/src/keys",
      "apps/server/src/limits",
    ],
  },
  "apps/server/src/gateway": {
    may: [
      "node",
      "@prometheus-io/client",
      contract,
      signing,
      "apps/server/src/base",
      "apps/server/src/audit",
      "apps/server/src/keys",
      "apps/server/src/policy",
      "apps/server/src/limits",
      "apps/server/src/venue",
    ],
  },
  "apps/server/src/admin": {
    may: [
      "node",
      "hono",
      "@hono/node-server",
      "@prometheus-io/client",
      "zod",
      contract,
      "apps/server/src/base",
      "apps/server/src/audit",
      "apps/server/src/keys",
    ],
  },
  "apps/server/src/cli": {
    may: ["node", "commander", "@clack/prompts", contract, "apps/server/src/base", "apps/server/src/main.ts"],
  },
  "apps/sandbox/src": { may: ["node", "commander", "apps/sandbox/src"] },
  "apps/sandbox/src/*": { may: ["node", "apps/sandbox/src"] },
  // Tests, measurements and the quick start stand outside the house and may look into every room.
  "packages/signing/test": { may: everything },
  "packages/contract/test": { may: everything },
  "apps/server/test": { may: everything },
  "apps/server/test/*": { may: everything },
  "apps/sandbox/test": { may: everything },
  "apps/sandbox/test/*": { may: everything },
  test: { may: everything },
  "test/*": { may: everything },
  bench: { may: everything },
  quickstart: { may: everything },
};

/** Files that may say `.reveal()`: where a secret is made, sealed, opened, shown once, or handed to a signer. */
const mayReveal = new Set<string>([
  "apps/server/src/admin/client-key-routes.ts", // shows a new secret, once
  "apps/server/src/cli/venue-key-add.ts", // hands what was typed to the control socket
  "apps/server/src/keys/client-keys.ts", // formats and verifies
  "apps/server/src/keys/venue-keys.ts", // makes a signer
  "apps/server/src/main.ts", // asks the venue whose key it is
  "apps/server/src/vault/committed-box.ts",
  "apps/server/src/vault/derive.ts",
  "apps/server/src/vault/keyring.ts",
  "apps/server/src/vault/root-keys.ts",
  "apps/server/src/vault/seal.ts",
]);

const sourceFile = /\.(ts|tsx|mts)$/;

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name === "node_modules" || entry.name === "dist" || entry.name.startsWith(".")) return [];
    if (entry.isDirectory()) return sourcesBelow(path);
    return sourceFile.test(entry.name) ? [relative(root, path).split(sep).join("/")] : [];
  });
}

const sources = sourcesBelow(root).filter((file) => file !== "vitest.config.ts");
const textOf = (file: string): string => readFileSync(join(root, file), "utf8");
/** Code without comments: prose may name what code may not say. */
const codeOf = (file: string): string =>
  textOf(file)
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/(^|\s)\/\/.*$/gm, "$1");
const production = sources.filter((file) => /^(packages|apps)\/[^/]+\/src\//.test(file));

function roomOf(file: string): { name: string; room: Room } | undefined {
  const folder = dirname(file);
  const exact = rooms[folder];
  if (exact !== undefined) return { name: folder, room: exact };
  const parts = folder.split("/");
  for (let depth = parts.length; depth > 0; depth -= 1) {
    const below = `${parts.slice(0, depth - 1).join("/")}/*`.replace(/^\//, "");
    const room = rooms[below];
    if (room !== undefined) return { name: below, room };
  }
  return undefined;
}

const importForms = [
  /(?:^|\n)\s*(?:import|export)\s[^;"'`]*?\sfrom\s*["']([^"'\n]+)["']/g,
  /(?:^|\n)\s*import\s*["']([^"'\n]+)["']/g,
  /\bimport\(\s*["']([^"'\n]+)["']/g,
];

function importsOf(file: string): string[] {
  return importForms.flatMap((form) => [...codeOf(file).matchAll(form)].map((match) => match[1] ?? ""));
}

/** What an import points at, in the map's words. */
function targetOf(file: string, specifier: string): string {
  if (specifier.startsWith("node:")) return "node";
  if (specifier.startsWith("."))
    return relative(root, resolve(root, dirname(file), specifier))
      .split(sep)
      .join("/");
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? specifier);
}

function isAllowed(file: string, target: string): boolean {
  const found = roomOf(file);
  if (found === undefined) return false;
  const own = found.name.endsWith("/*") ? dirname(file) : found.name;
  const may = found.room.except?.[file.slice(dirname(file).length + 1)] ?? found.room.may;
  if (may.includes("*")) return true;
  const within = (folder: string): boolean => target === folder || target.startsWith(`${folder}/`);
  return dirname(target) === own || may.some((each) => each === target || within(each));
}

describe("the house", () => {
  test("every folder with sources is declared", () => {
    expect(sources.filter((file) => roomOf(file) === undefined)).toEqual([]);
  });

  test("every declared room exists", () => {
    const folders = new Set(sources.map((file) => dirname(file)));
    const missing = Object.keys(rooms).filter((name) => {
      const folder = name.replace(/\/\*$/, "");
      return ![...folders].some((each) => each === folder || each.startsWith(`${folder}/`));
    });
    expect(missing).toEqual([]);
  });

  test("every file that may reveal does: the list does not outlive its reason", () => {
    expect([...mayReveal].filter((file) => !/\.reveal\(/.test(codeOf(file)))).toEqual([]);
  });

  test("rooms import only what the map lets them", () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .map((specifier) => targetOf(file, specifier))
        .filter((target) => !isAllowed(file, target))
        .map((target) => `${file} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test("the map can fail: it refuses what DESIGN forbids", () => {
    expect(isAllowed("apps/server/src/gateway/x.ts", "apps/server/src/storage/open.ts")).toBe(false);
    expect(isAllowed("apps/server/src/gateway/x.ts", "apps/server/src/admin/app.ts")).toBe(false);
    expect(isAllowed("apps/server/src/admin/x.ts", "apps/server/src/vault/seal.ts")).toBe(false);
    expect(isAllowed("apps/server/src/policy/x.ts", "node")).toBe(false);
    expect(isAllowed("packages/signing/src/rest.ts", "node")).toBe(false);
    expect(isAllowed("apps/sandbox/src/auth/x.ts", signing)).toBe(false);
    expect(isAllowed("apps/server/src/keys/x.ts", "kysely")).toBe(false);
  });
});

describe("the words", () => {
  const banned: readonly { word: RegExp; except: (file: string) => boolean; why: string }[] = [
    {
      word: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/,
      except: (file) => /(^|\/)clock\.ts$/.test(file),
      why: "time comes in by the front door",
    },
    { word: /\bMath\.random\(/, except: () => false, why: "chance comes in by the front door" },
    {
      word: /\brandomBytes\(|\brandomUUID\(|\bgetRandomValues\(/,
      except: (file) => /(^|\/)random\.ts$/.test(file),
      why: "chance comes in by the front door",
    },
    {
      word: /\.reveal\(/,
      except: (file) => mayReveal.has(file) || file === "apps/server/src/base/secret.ts",
      why: "only listed files may read a secret",
    },
    {
      word: /\bURLSearchParams\b|\bfetch\(|\bnew Request\(|\bnew URL\(/,
      except: (file) => !file.startsWith("apps/server/src/gateway/"),
      why: "they rewrite signed bytes and normalise paths",
    },
    { word: /\binsecureHTTPParser: true/, except: () => false, why: "never" },
    { word: /\bas any\b|@ts-ignore|@ts-nocheck/, except: () => false, why: "the compiler keeps the list" },
    {
      word: /\bselect\s+.+\bfrom\b|\binsert into\b|\bPRAGMA\b|\bCREATE TABLE\b/i,
      except: (file) => file.startsWith("apps/server/src/storage/") || !file.startsWith("apps/server/"),
      why: "only storage says SQL",
    },
    {
      word: /createDecipheriv\((?![\s\S]{0,200}authTagLength)/,
      except: () => false,
      why: "Node's GCM accepts a four-byte tag otherwise",
    },
  ];

  test.each(banned)("$word ($why)", ({ word, except }) => {
    expect(production.filter((file) => !except(file) && word.test(codeOf(file)))).toEqual([]);
  });

  test("a step's receipt is made in its own file only", () => {
    const steps = sources.filter((file) => file.startsWith("apps/server/src/gateway/"));
    const exported = steps.filter((file) =>
      /export class (Parsed|Authenticated|Accepted|Authorized|Admitted|Countersigned|Recorded)\b/.test(
        textOf(file),
      ),
    );
    expect(exported).toEqual([]);
    const cast = production.filter((file) =>
      /\bas (Parsed|Authenticated|Accepted|Authorized|Admitted|Countersigned|Recorded)\b/.test(codeOf(file)),
    );
    expect(cast).toEqual([]);
  });

  test("files are one thing: kebab-case, with a sentence that says what they are for, at most 400 lines", () => {
    const named = production.filter((file) => !/\/[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.tsx?$/.test(file));
    const vague = production.filter((file) => /\/(utils|helpers|common|misc)\.ts$/.test(file));
    const silent = production.filter((file) => !/^(#!.*\n)?\s*(\/\*\*|\/\/)/.test(textOf(file)));
    const long = production.filter((file) => textOf(file).split("\n").length > 401);
    expect({ named, vague, silent, long }).toEqual({ named: [], vague: [], silent: [], long: [] });
  });

  test("no test is skipped for good", () => {
    const tests = sources.filter((file) => file.endsWith(".test.ts") && !file.endsWith("tidy.test.ts"));
    expect(tests.filter((file) => /\.(only|todo|skip)\(/.test(codeOf(file)))).toEqual([]);
  });

  test("handle.ts stays a page", () => {
    expect(textOf("apps/server/src/gateway/handle.ts").split("\n").length).toBeLessThanOrEqual(80);
  });

  test("docs name no file that is not there", () => {
    for (const doc of ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md"]) {
      const links = [...textOf(doc).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? "");
      const missing = links.filter((link) => !statSync(join(root, link), { throwIfNoEntry: false }));
      expect(missing, doc).toEqual([]);
    }
  });
});
