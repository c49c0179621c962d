/** Client keys over the control socket: issue, list, show, revoke. An issued secret passes through here, once. */
import { emptyRequestSchema, issueClientKeyRequestSchema } from "@countersign/contract";
import type { ClientKeyList, ClientKeyView, IssueClientKeyResponse } from "@countersign/contract";
import type { Hono } from "hono";
import type { ClientKey } from "../keys/client-key.ts";
import type { ListedClientKey } from "../keys/client-keys.ts";
import { onlyMethods } from "./methods.ts";
import { readBody } from "./json-body.ts";
import { AdminProblem } from "./problem.ts";
import type { ControlRooms } from "./rooms.ts";

export function clientKeyRoutes(app: Hono, { clientKeys, log }: ControlRooms): void {
  app
    .get("/v1/client-keys", (c) => {
      return c.json({ clientKeys: clientKeys.list().map(clientKeyView) } satisfies ClientKeyList);
    })
    .post(async (c) => {
      const order = await readBody(c, issueClientKeyRequestSchema);
      const { key, secret } = await clientKeys.issue(order);
      log.info("client key issued", { clientKeyId: key.id });
      const answer: IssueClientKeyResponse = {
        key: clientKeyView(key),
        ...(secret !== undefined && { secret: secret.reveal() }),
      };
      return c.json(answer, 201);
    })
    .all(onlyMethods("GET", "POST"));

  app
    .get("/v1/client-keys/:id", (c) => {
      const key = clientKeys.show(c.req.param("id"));
      if (key === undefined)
        throw new AdminProblem("unknown-client-key", "There is no client key with this id.");
      return c.json(clientKeyView(key));
    })
    .all(onlyMethods("GET"));

  app
    .post("/v1/client-keys/:id/revoke", async (c) => {
      await readBody(c, emptyRequestSchema);
      const key = await clientKeys.revoke(c.req.param("id"));
      log.info("client key revoked", { clientKeyId: key.id });
      return c.json(clientKeyView(key));
    })
    .all(onlyMethods("POST"));
}

/** A client key as it goes over the wire: field by field, so that a new inner field stays inside. */
export function clientKeyView(key: ClientKey | ListedClientKey): ClientKeyView {
  const { addresses, symbols } = key.grant;
  return {
    id: key.id,
    label: key.label,
    algorithm: key.algorithm,
    // Revoked in memory and not yet on disk: it must be revoked again, so it is not called revoked.
    state: key.state === "active" && "live" in key && !key.live ? "revoking" : key.state,
    generation: key.generation,
    permissions: [...key.grant.permissions],
    addresses: addresses === "any" ? addresses : [...addresses],
    symbols: symbols === "any" ? symbols : [...symbols],
    venueKeyId: key.grant.venueKeyId,
    ...(key.publicKeyPem !== undefined && { publicKeyPem: key.publicKeyPem }),
    createdAt: new Date(key.createdMs).toISOString(),
    ...(key.revokedMs !== undefined && { revokedAt: new Date(key.revokedMs).toISOString() }),
  };
}
