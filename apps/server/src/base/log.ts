/**
 * The log: one JSON line an event, on stderr, with named fields. Callers name what they log;
 * nothing here takes a request, a URL or a header, so none can slip in whole.
 */
import { pino } from "pino";
import type { DestinationStream } from "pino";

/** What a log line may carry besides its message. Secrets print as `[secret]`. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
}

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Builds the log; lines go to stderr, so that stdout stays free for what a command answers. */
export function createLog(level: LogLevel, destination: DestinationStream = pino.destination(2)): Log {
  const formatters = { level: (label: string) => ({ level: label }) };
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters },
    destination,
  );
  return {
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    debug: (message, fields) => logger.debug(fields ?? {}, message),
  };
}

/** The words of an unknown thrown value, for a log field. Never for a client. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
