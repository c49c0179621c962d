/**
 * The two control-plane apps: keys and status for the Unix socket, health and metrics for the loopback listener.
 * The second has no route of the first. Both answer in one shape, also where they refuse.
 */
import type { Registry } from "@prometheus-io/client";
import { Hono } from "hono";
import type { Log } from "../base/log.ts";
import { clientKeyRoutes } from "./client-key-routes.ts";
import { onlyMethods } from "./methods.ts";
import { AdminProblem, problemOf, traceOf } from "./problem.ts";
import type { ControlRooms, Health } from "./rooms.ts";
import { venueKeyRoutes } from "./venue-key-routes.ts";

/** The app behind the Unix socket. */
export function controlApp(rooms: ControlRooms): Hono {
  const app = uniform(rooms.log);
  app.get("/v1/status", async (c) => c.json(await rooms.status())).all(onlyMethods("GET"));
  clientKeyRoutes(app, rooms);
  venueKeyRoutes(app, rooms);
  return app;
}

/** The app behind the loopback listener: nothing here changes anything or names a key. */
export function healthApp(parts: {
  health: () => Health;
  metrics: Pick<Registry, "metrics" | "contentType">;
  log: Log;
}): Hono {
  const app = uniform(parts.log);
  app
    .get("/healthz", (c) => {
      const { journalAvailable, clockSteady } = parts.health();
      const problems = [...(journalAvailable ? [] : ["journal"]), ...(clockSteady ? [] : ["clock"])];
      return problems.length === 0
        ? c.json({ status: "ok" })
        : c.json({ status: "unhealthy", problems }, 503);
    })
    .all(onlyMethods("GET"));
  app
    .get("/metrics", async (c) => {
      return c.body(await parts.metrics.metrics(), 200, { "content-type": parts.metrics.contentType });
    })
    .all(onlyMethods("GET"));
  return app;
}

function uniform(log: Log): Hono {
  const app = new Hono();
  app.notFound(() => {
    throw new AdminProblem("not-found", "There is no such path.");
  });
  app.onError((error, c) => {
    const known = problemOf(error);
    const fields = { code: known?.problem.error.code, status: known?.status };
    // A refusal of our own says enough; what a room below failed at is followed to its place.
    const said = error instanceof AdminProblem || (known !== undefined && known.status < 500);
    if (said) log.warn("control request refused", fields);
    else log.error("control request failed", { ...fields, ...traceOf(error) });
    const { status, problem } =
      known ?? new AdminProblem("internal", "Something went wrong; the log says where.");
    return c.body(JSON.stringify(problem), status as 400, { "content-type": "application/json" });
  });
  return app;
}
