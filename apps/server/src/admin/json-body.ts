/** Reads a request's JSON: its type, size and text are checked before it is parsed, its fields against a closed schema. */
import type { Context } from "hono";
import type { z } from "zod";
import { AdminProblem } from "./problem.ts";

export const bodyBytesMax = 65_536;
const fieldCharsMax = 80;
const jsonType = /^application\/json(?:\s*;\s*charset=utf-8)?$/i;

/**
 * The body, as `schema` has it.
 * @throws AdminProblem `wrong-content-type`, `body-too-large`, or `invalid-request` with the field.
 */
export async function readBody<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  if (!jsonType.test(c.req.header("content-type") ?? "")) {
    throw new AdminProblem("wrong-content-type", "The body must be application/json.");
  }
  const result = schema.safeParse(parseJson(await readText(c)));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const unknownKey = issue?.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
  const field = [...(issue?.path ?? []), ...unknownKey].map(String).join(".").slice(0, fieldCharsMax);
  const reason = unknownKey.length > 0 ? "this field is not taken" : (issue?.message ?? "invalid");
  throw new AdminProblem("invalid-request", field === "" ? reason : `${field}: ${reason}`, { field });
}

async function readText(c: Context): Promise<string> {
  const tooLarge = () => {
    // What is left unread is not taken for a next request.
    c.header("connection", "close");
    return new AdminProblem("body-too-large", `The body may have ${bodyBytesMax} bytes at most.`);
  };
  if (Number(c.req.header("content-length") ?? "0") > bodyBytesMax) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  for await (const chunk of c.req.raw.body ?? []) {
    byteCount += chunk.length;
    if (byteCount > bodyBytesMax) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new AdminProblem("invalid-request", "The body is not UTF-8.");
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may hold a secret.
    throw new AdminProblem("invalid-request", "The body is not JSON.");
  }
}
