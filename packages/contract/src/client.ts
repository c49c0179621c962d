/**
 * A typed client of the control plane over any transport. It believes no answer: each is parsed by its schema,
 * and what the server refuses becomes an `AdminError`.
 */
import type { z } from "zod";
import {
  clientKeyListSchema,
  clientKeyViewSchema,
  issueClientKeyResponseSchema,
  problemSchema,
  statusViewSchema,
  venueKeyListSchema,
  venueKeyViewSchema,
} from "./admin.ts";
import type {
  AddVenueKeyRequest,
  ClientKeyView,
  IssueClientKeyRequest,
  IssueClientKeyResponse,
  Problem,
  StatusView,
  VenueKeyView,
} from "./admin.ts";

export interface AdminRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface AdminResponse {
  readonly status: number;
  /** The parsed JSON. */
  readonly body: unknown;
}

export type AdminTransport = (request: AdminRequest) => Promise<AdminResponse>;

export interface AdminClient {
  status(): Promise<StatusView>;
  clientKeys(): Promise<readonly ClientKeyView[]>;
  clientKey(id: string): Promise<ClientKeyView>;
  issueClientKey(request: IssueClientKeyRequest): Promise<IssueClientKeyResponse>;
  revokeClientKey(id: string): Promise<ClientKeyView>;
  venueKeys(): Promise<readonly VenueKeyView[]>;
  venueKey(id: string): Promise<VenueKeyView>;
  addVenueKey(request: AddVenueKeyRequest): Promise<VenueKeyView>;
}

/** The server refused, or answered something that is not its contract (`bad-answer`). */
export class AdminError extends Error {
  override readonly name = "AdminError";
  readonly code: string;
  readonly status: number;
  readonly field: string | undefined;
  readonly venue: Problem["error"]["venue"];

  constructor(status: number, error: Problem["error"]) {
    super(error.message);
    this.code = error.code;
    this.status = status;
    this.field = error.field;
    this.venue = error.venue;
  }
}

/**
 * Builds the client; every method rejects with what `transport` throws, or
 * @throws AdminError with the server's code, or `bad-answer`.
 */
export function adminClient(transport: AdminTransport): AdminClient {
  async function ask<T>(request: AdminRequest, schema: z.ZodType<T>): Promise<T> {
    const { status, body } = await transport(request);
    if (status >= 200 && status < 300) {
      const answer = schema.safeParse(body);
      if (answer.success) return answer.data;
    } else {
      const problem = problemSchema.safeParse(body);
      if (problem.success) throw new AdminError(status, problem.data.error);
    }
    const message = `The server's answer (status ${status}) is not one this version understands.`;
    throw new AdminError(status, { code: "bad-answer", message });
  }

  const get = <T>(path: string, schema: z.ZodType<T>) => ask({ method: "GET", path }, schema);
  const post = <T>(path: string, body: unknown, schema: z.ZodType<T>) =>
    ask({ method: "POST", path, body }, schema);
  const part = encodeURIComponent;

  return {
    status: () => get("/v1/status", statusViewSchema),
    clientKeys: async () => (await get("/v1/client-keys", clientKeyListSchema)).clientKeys,
    clientKey: (id) => get(`/v1/client-keys/${part(id)}`, clientKeyViewSchema),
    issueClientKey: (request) => post("/v1/client-keys", request, issueClientKeyResponseSchema),
    revokeClientKey: (id) => post(`/v1/client-keys/${part(id)}/revoke`, {}, clientKeyViewSchema),
    venueKeys: async () => (await get("/v1/venue-keys", venueKeyListSchema)).venueKeys,
    venueKey: (id) => get(`/v1/venue-keys/${part(id)}`, venueKeyViewSchema),
    addVenueKey: (request) => post("/v1/venue-keys", request, venueKeyViewSchema),
  };
}
