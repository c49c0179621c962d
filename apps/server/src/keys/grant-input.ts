/** What an operator asks a client key to be, read strictly: nothing is widened, guessed or quietly dropped. */
import { permissions } from "@countersign/contract";
import type { Permission } from "@countersign/contract";
import { parseAddressList } from "./addresses.ts";
import type { Grant } from "./client-key.ts";
import { KeyError } from "./key-error.ts";

/** As at Binance, where a key's symbol whitelist takes 30 pairs. */
export const symbolsMax = 30;
export const labelCharsMax = 64;

/** Binance lists symbols in other scripts too; a symbol is compared byte for byte, never folded. */
const symbolText = /^[\p{Lu}\p{Lo}\p{N}._-]{1,50}$/u;
/** Letters, marks, numbers, punctuation, symbols and the plain space: nothing that hides or turns text around. */
const labelText = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u;

export interface GrantInput {
  /** Names of permissions; reading is always among them. */
  readonly permissions: readonly string[];
  readonly addresses: readonly string[] | "any";
  /** May be empty only for a key that does not trade. */
  readonly symbols: readonly string[] | "any";
  readonly venueKeyId: string;
}

/** @throws KeyError `permission-unknown`, the `address…` codes and the `symbol…` codes */
export function parseGrant(input: GrantInput): Grant {
  const granted = parsePermissions(input.permissions);
  return {
    permissions: granted,
    addresses: parseAddressList(input.addresses),
    symbols: parseSymbols(input.symbols, granted.includes("enableSpotAndMarginTrading")),
    venueKeyId: input.venueKeyId,
  };
}

/** The label, trimmed. @throws KeyError `label-malformed` */
export function parseLabel(text: string): string {
  const label = text.trim();
  if (label === "" || label.length > labelCharsMax || !labelText.test(label)) {
    throw new KeyError("label-malformed", `a label has 1 to ${labelCharsMax} printable characters`);
  }
  return label;
}

function parsePermissions(names: readonly string[]): readonly Permission[] {
  const unknown = names.find((name) => !permissions.some((each) => each === name));
  if (unknown !== undefined) {
    throw new KeyError("permission-unknown", `there is no such permission; known: ${permissions.join(", ")}`);
  }
  return permissions.filter((each) => each === "enableReading" || names.includes(each));
}

function parseSymbols(list: readonly string[] | "any", trades: boolean): readonly string[] | "any" {
  if (list === "any") return "any";
  if (list.length === 0 && trades) {
    throw new KeyError("symbols-none", "name the symbols the key may trade, or say any");
  }
  if (list.length > symbolsMax)
    throw new KeyError("symbols-too-many", `a key takes at most ${symbolsMax} symbols`);
  for (const [index, symbol] of list.entries()) {
    if (!symbolText.test(symbol)) {
      throw new KeyError("symbol-malformed", "a symbol is written as the exchange writes it, e.g. BTCUSDT");
    }
    if (list.indexOf(symbol) !== index) throw new KeyError("symbol-twice", `${symbol} is in the list twice`);
  }
  return [...list];
}
