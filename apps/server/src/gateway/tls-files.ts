/** The data plane's certificate: two files, read at start and again whenever they change or someone asks. */
import { readFileSync, unwatchFile, watchFile } from "node:fs";
import type { Server as HttpServer } from "node:http";
import { Server as TlsServer } from "node:https";
import { createSecureContext } from "node:tls";
import type { TlsFiles } from "../base/config.ts";
import { reasonOf } from "../base/log.ts";
import type { Log } from "../base/log.ts";

/** How often the files are looked at, in milliseconds. */
const lookEveryMs = 5_000;

/** Both files' text. @throws when one cannot be read, or they do not fit each other. */
export function loadTls({ certFile, keyFile }: TlsFiles): { cert: Buffer; key: Buffer } {
  const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  createSecureContext(pair);
  return pair;
}

/** Keeps a listener's certificate up to date; new connections get the new one, open ones go on. */
export function watchTls(server: HttpServer, files: TlsFiles, log: Log): { reload(): void; close(): void } {
  function reload(): void {
    try {
      if (server instanceof TlsServer) server.setSecureContext({ ...loadTls(files), minVersion: "TLSv1.2" });
      log.info("certificate reloaded", { certFile: files.certFile });
    } catch (error) {
      log.error("certificate not reloaded, the old one stays", { reason: reasonOf(error) });
    }
  }
  const watched = [files.certFile, files.keyFile];
  for (const file of watched) watchFile(file, { interval: lookEveryMs, persistent: false }, reload);
  return {
    reload,
    close() {
      for (const file of watched) unwatchFile(file, reload);
    },
  };
}
