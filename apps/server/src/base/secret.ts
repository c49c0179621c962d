/**
 * A value that must never be printed. Whatever formats it (log, JSON, template, inspect) gets `[secret]`;
 * only `.reveal()` gives it back, and `test/tidy.test.ts` lists the files that may say that word.
 */
import { inspect } from "node:util";

export class Secret<T extends string | Buffer = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself. Every file that calls this stands in a list that a test keeps. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [inspect.custom](): string {
    return "[secret]";
  }
}
