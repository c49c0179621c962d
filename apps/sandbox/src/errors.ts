// Every refusal of the exchange: one table of code, HTTP status and text as Binance words it (errors.md,
// filters.md, captured answers). Handlers may throw only what stands here.

/** A refusal as it goes on the wire: `{code, msg}` with its HTTP status. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: number;
  readonly httpStatus: number;

  constructor(code: number, httpStatus: number, text: string) {
    super(text);
    this.code = code;
    this.httpStatus = httpStatus;
  }
}

const bad =
  (code: number, text: string, httpStatus = 400) =>
  (): Refusal =>
    new Refusal(code, httpStatus, text);
const badAbout =
  (code: number, text: (what: string) => string) =>
  (what: string): Refusal =>
    new Refusal(code, 400, text(what));

export const refusals = {
  internal: bad(-1000, "An unknown error occurred while processing the request.", 500),
  outsideRecvWindow: bad(-1021, "Timestamp for this request is outside of the recvWindow."),
  aheadOfServer: bad(-1021, "Timestamp for this request was 1000ms ahead of the server's time."),
  signature: bad(-1022, "Signature for this request is not valid."),
  illegalCharacters: bad(-1100, "Illegal characters found in a parameter."),
  duplicateValues: badAbout(-1101, (name) => `Duplicate values for parameter '${name}'.`),
  missing: badAbout(
    -1102,
    (name) => `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`,
  ),
  empty: badAbout(-1105, (name) => `Parameter '${name}' was empty.`),
  notRequired: badAbout(-1106, (name) => `Parameter '${name}' sent when not required.`),
  overflow: badAbout(-1108, (name) => `Parameter '${name}' overflowed.`),
  precision: badAbout(-1111, (name) => `Parameter '${name}' has too much precision.`),
  timeInForce: bad(-1115, "Invalid timeInForce."),
  orderType: bad(-1116, "Invalid orderType."),
  side: bad(-1117, "Invalid side."),
  interval: bad(-1120, "Invalid interval."),
  symbol: bad(-1121, "Invalid symbol."),
  symbolStatus: bad(-1122, "Invalid symbolStatus."),
  moreThanHours: badAbout(-1127, (hours) => `More than ${hours} hours between startTime and endTime.`),
  combination: bad(-1128, "Combination of optional parameters invalid."),
  invalidData: badAbout(-1130, (name) => `Data sent for parameter '${name}' is not valid.`),
  recvWindowTooLarge: bad(-1131, "'recvWindow' must be less than 60000."),
  strategyType: bad(-1134, "`strategyType` was less than 1000000."),
  tickerType: bad(-1139, "Invalid ticker type."),
  cancelRestrictions: bad(
    -1145,
    "`cancelRestrictions` has to be either `ONLY_NEW` or `ONLY_PARTIALLY_FILLED`.",
  ),
  duplicateSymbols: bad(-1151, "Symbol is present multiple times in the list."),
  timeUnit: bad(-1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."),
  symbolStatusMismatch: bad(-1220, "The symbol's status does not match the requested symbolStatus."),
  invalidPrice: bad(-1013, "Invalid price."),
  invalidQuantity: bad(-1013, "Invalid quantity."),
  filter: badAbout(-1013, (name) => `Filter failure: ${name}`),
  rejectedOrder: badAbout(-2010, (text) => text),
  rejectedCancel: badAbout(-2011, (text) => text),
  noSuchOrder: bad(-2013, "Order does not exist."),
  keyFormat: bad(-2014, "API-key format invalid.", 401),
  keyRejected: bad(-2015, "Invalid API-key, IP, or permissions for action.", 401),
  clientIdMismatch: bad(-2039, "Client order ID is not correct for this order ID."),
} as const;

/** -1102 for a pair of names of which one is needed. */
export function eitherMissing(first: string, second: string): Refusal {
  return new Refusal(-1102, 400, `Param '${first}' or '${second}' must be sent, but both were empty/null!`);
}

/** -1100 with the legal range in Binance's own notation. */
export function illegalRange(name: string, range: string): Refusal {
  return new Refusal(
    -1100,
    400,
    `Illegal characters found in parameter '${name}'; legal range is '${range}'.`,
  );
}

/** -1104, or -1101 where the endpoint takes nothing at all. */
export function unreadParameters(read: number, sent: number): Refusal {
  return read === 0
    ? new Refusal(-1101, 400, `Too many parameters; expected '0' and received '${sent}'.`)
    : new Refusal(
        -1104,
        400,
        `Not all sent parameters were read; read '${read}' parameter(s) but was sent '${sent}'.`,
      );
}

/** 404 for a (method, path) that is not in the endpoint table. */
export function unknownPath(method: string, path: string): Refusal {
  return new Refusal(-5000, 404, `Path ${path}, Method ${method} is invalid`);
}

/** Texts of the matching engine, sent with -2010 (new order) or -2011 (cancel). */
export const engineTexts = {
  unknownOrder: "Unknown order sent.",
  duplicateOrder: "Duplicate order sent.",
  insufficientBalance: "Account has insufficient balance for requested action.",
  priceTimesQuantity: "Price * QTY is zero or less.",
  mayNotTrade: "This account may not place or cancel orders.",
  notWhitelisted: "Symbol not whitelisted for API key.",
  cancelRestrictions: "Order was not canceled due to cancel restrictions.",
  unsupportedCombination: "Unsupported order combination",
  iceberg: "Iceberg orders are not supported for this symbol.",
  trailing: "Trailing stop orders are not supported for this symbol.",
  selfTradePrevention: "This symbol does not allow the specified self-trade prevention mode.",
  noLiquidity: "Order book liquidity is less than symbol minimum quantity.",
  STOP_LOSS: "Stop loss orders are not supported for this symbol.",
  STOP_LOSS_LIMIT: "Stop loss limit orders are not supported for this symbol.",
  TAKE_PROFIT: "Take profit orders are not supported for this symbol.",
  TAKE_PROFIT_LIMIT: "Take profit limit orders are not supported for this symbol.",
} as const;
