/** The bytes of a request, put together line by line and in no other way. */

export interface RequestParts {
  readonly method?: string;
  readonly path: string;
  /** Written behind a `?` as it is; no `?` without it. */
  readonly query?: string;
  readonly version?: string;
  /** After `Host`; written as they are. */
  readonly headers?: readonly string[];
  /** Brings its Content-Length with it, and a form's Content-Type unless the headers name one. */
  readonly body?: string;
  /** Instead of the ordinary `Host` line. */
  readonly host?: readonly string[];
}

export const formType = "Content-Type: application/x-www-form-urlencoded";

/** The whole request as Latin-1 text: one character a byte. */
export function requestText(parts: RequestParts): string {
  const { method = "GET", path, query, version = "HTTP/1.1", headers = [], body, host } = parts;
  const target = query === undefined ? path : `${path}?${query}`;
  const names = headers.map((line) => line.slice(0, line.indexOf(":")).toLowerCase());
  const typed = names.includes("content-type") ? [] : [formType];
  const framing = body === undefined ? [] : [...typed, `Content-Length: ${body.length}`];
  const lines = [
    `${method} ${target} ${version}`,
    ...(host ?? ["Host: countersign.test"]),
    ...headers,
    ...framing,
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body ?? ""}`;
}

/** A body in the chunks given, with the last, empty one. */
export function chunked(...chunks: readonly string[]): string {
  return [...chunks, ""].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
}
