/** What the log says of client keys issued and revoked: everything that was granted, nothing that is secret. */
import type { ActEntry } from "../audit/entry.ts";
import type { ClientKey } from "./client-key.ts";

/** Who acts in this release: the owner of the control socket. */
const by = "local";

export function issueAct(key: ClientKey): ActEntry {
  const { permissions, addresses, symbols, venueKeyId } = key.grant;
  return {
    kind: "act",
    atMs: key.createdMs,
    act: "client-key.issue",
    by,
    subject: key.id,
    detail: {
      label: key.label,
      algorithm: key.algorithm,
      publicKeyPem: key.publicKeyPem ?? null,
      generation: key.generation,
      permissions,
      addresses,
      symbols,
      venueKeyId,
    },
  };
}

export function revokeAct(key: ClientKey, atMs: number): ActEntry {
  const detail = { label: key.label, generation: key.generation };
  return { kind: "act", atMs, act: "client-key.revoke", by, subject: key.id, detail };
}
