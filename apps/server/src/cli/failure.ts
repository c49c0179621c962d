/** What a command could not do: a code for programs, a sentence for people, and the exit code. */

export const exitDone = 0;
export const exitFailed = 1;
/** The command line itself was wrong. */
export const exitUsage = 2;

export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: string;
  readonly exitCode: number;

  constructor(code: string, message: string, exitCode: number = exitFailed) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
  }
}

/** The command line was wrong; the sentence says what to write instead. */
export function usageError(message: string): CliError {
  return new CliError("usage", message, exitUsage);
}
