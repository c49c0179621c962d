/** The one door of the contract between server, CLI and console. */
export { permissions } from "./permissions.ts";
export type { Permission } from "./permissions.ts";
export { refusalMessage, refusals } from "./refusals.ts";
export type { RefusalName, RefusalOwner, RefusalRow } from "./refusals.ts";
export {
  addVenueKeyRequestSchema,
  algorithmSchema,
  clientKeyListSchema,
  clientKeyViewSchema,
  emptyRequestSchema,
  issueClientKeyRequestSchema,
  issueClientKeyResponseSchema,
  labelCharsMax,
  listEntriesMax,
  problemSchema,
  secretCharsMax,
  statusViewSchema,
  venueKeyListSchema,
  venueKeyViewSchema,
} from "./admin.ts";
export type {
  AddVenueKeyRequest,
  ClientKeyList,
  ClientKeyView,
  IssueClientKeyRequest,
  IssueClientKeyResponse,
  Problem,
  StatusView,
  VenueKeyList,
  VenueKeyView,
} from "./admin.ts";
export { AdminError, adminClient } from "./client.ts";
export type { AdminClient, AdminRequest, AdminResponse, AdminTransport } from "./client.ts";
