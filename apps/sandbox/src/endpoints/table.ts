// The closed table of everything this exchange answers, found by method and exact raw path.

import { accountEndpoints } from "./account.ts";
import { cancelEndpoints } from "./cancel.ts";
import type { Endpoint } from "./endpoint.ts";
import { exchangeInfo } from "./exchange-info.ts";
import { marketData } from "./market-data.ts";
import { newOrderEndpoints } from "./new-order.ts";

const table = new Map<string, Endpoint>(
  [...marketData, exchangeInfo, ...accountEndpoints, ...newOrderEndpoints, ...cancelEndpoints].map(
    (endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint],
  ),
);

/** The endpoint of exactly this method and path, if there is one. */
export function findEndpoint(method: string, path: string): Endpoint | undefined {
  return table.get(`${method} ${path}`);
}
