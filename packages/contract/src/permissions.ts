/** What a client key may do, by the names that Binance's own `apiRestrictions` answer uses. */

/** Every permission this release knows. A key starts with reading and nothing else. */
export const permissions = ["enableReading", "enableSpotAndMarginTrading"] as const;

export type Permission = (typeof permissions)[number];
