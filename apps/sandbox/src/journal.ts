// What arrived, in order, for a test to read: every request before any check, and afterwards what became of it.
// Bounded; it holds signatures as they came, for this is a test's instrument and not a log.

export const journalEntriesMax = 10_000;

export interface JournalOutcome {
  /** Undefined while under way, or if nothing was answered (hang, reset). */
  status: number | undefined;
  code: number | undefined;
  /** Whether the request changed the exchange. */
  executed: boolean;
  orderIds: number[];
  /** The kind of fault that was played, if any. */
  fault: string | undefined;
}

export interface JournalEntry {
  readonly seq: number;
  readonly atMs: number;
  readonly method: string;
  /** Raw, path and query. */
  readonly target: string;
  readonly headers: {
    readonly apiKey: string | undefined;
    readonly contentType: string | undefined;
    readonly userAgent: string | undefined;
  };
  /** One character a byte; empty until the whole body is there. */
  body: string;
  readonly remotePort: number | undefined;
  /** Whose key it was, once the key is known. */
  uid: number | undefined;
  readonly outcome: JournalOutcome;
}

export class Journal {
  readonly #entries: JournalEntry[] = [];
  #seq = 0;

  /** Opens the entry of a request that has just arrived. */
  open(arrived: Pick<JournalEntry, "atMs" | "method" | "target" | "headers" | "remotePort">): JournalEntry {
    this.#seq += 1;
    const entry: JournalEntry = {
      seq: this.#seq,
      ...arrived,
      body: "",
      uid: undefined,
      outcome: { status: undefined, code: undefined, executed: false, orderIds: [], fault: undefined },
    };
    this.#entries.push(entry);
    if (this.#entries.length > journalEntriesMax) this.#entries.shift();
    return entry;
  }

  /** The kept entries, oldest first; the entries are live and complete themselves. */
  entries(): readonly JournalEntry[] {
    return [...this.#entries];
  }

  /** Forgets the entries; numbering goes on. */
  clear(): void {
    this.#entries.length = 0;
  }
}
