// Where the language-neutral vectors lie, and how a test says that the public ones are absent.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../../../", import.meta.url);
const publicFolder = new URL("../shared/vectors/public/", root);

/** A file of the project's own `vectors/`. */
export function readVectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`vectors/${name}`, root), "utf8"));
}

/** The text of a public vector file, or `undefined`, said aloud: a suite that did not run must not look as if it had. */
export function readPublicVectors(name: string): string | undefined {
  const path = fileURLToPath(new URL(name, publicFolder));
  if (existsSync(path)) return readFileSync(path, "utf8");
  console.warn(`NOT RUN: the public vectors ${name} are absent beside the project`);
  return undefined;
}
