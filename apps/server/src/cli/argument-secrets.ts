/**
 * Refuses a command line that carries a secret, before anything parses, prints or logs it. What is typed as an
 * argument stays in the shell's history and stands in the process list for every user of the machine.
 */
import { usageError } from "./failure.ts";
import type { CliError } from "./failure.ts";

/** Options that people expect and that must never exist. */
const secretOptions =
  /^--?(?:api-?|client-?|venue-?|hmac-?)?(?:secret|private-?key|password|passphrase)(?:-key)?(?:=|$)/i;
/** Options whose value may look like a secret and is public. */
const publicOptions = ["--api-key"];
/** Commands whose argument may look like a secret and is public: a client key's id. */
const publicArgumentAfter = ["show", "revoke"];

/** A Binance-shaped secret, or base64 of 32 bytes and more. */
const secretShape = /^(?:[A-Za-z0-9]{40,}|[A-Za-z0-9+/_-]{42,}={1,2})$/;

/** The refusal, or undefined when no argument is or looks like a secret. It never quotes the argument. */
export function secretInArguments(argv: readonly string[]): CliError | undefined {
  const found = argv.some((argument, at) => {
    if (secretOptions.test(argument) || argument.includes("PRIVATE KEY")) return true;
    const [option, value] = splitOption(argument, argv[at - 1]);
    if (!secretShape.test(value)) return false;
    return !publicOptions.includes(option) && !publicArgumentAfter.includes(option);
  });
  if (!found) return undefined;
  return usageError(
    "A secret is never taken as an argument: it would stay in the shell's history and show in the process list. " +
      "Leave it off to be asked for it, or use --secret-stdin or --secret-file FILE. " +
      "If it was a real secret, replace it at the venue.",
  );
}

/** `--name=value`, or an argument after whatever stands before it. */
function splitOption(argument: string, before: string | undefined): readonly [option: string, value: string] {
  const equals = argument.startsWith("-") ? argument.indexOf("=") : -1;
  return equals === -1 ? [before ?? "", argument] : [argument.slice(0, equals), argument.slice(equals + 1)];
}
