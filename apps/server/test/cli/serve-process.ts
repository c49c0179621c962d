/** `countersign serve` over a make-believe server that writes down what is done with it: started by serve.test.ts. */
import { runCli } from "../../src/cli/program.ts";
import { processSurroundings } from "../../src/cli/surroundings.ts";

let reloads = 0;
/** A server holds the process open until it is closed. */
let open: NodeJS.Timeout | undefined;

process.exitCode = await runCli(process.argv.slice(2), {
  ...processSurroundings,
  house: async () => ({
    initialise: () => Promise.reject(new Error("not asked for")),
    async startServer() {
      open = setInterval(() => {}, 1_000);
      return {
        dataUrl: "http://127.0.0.1:1",
        controlUrl: "http://127.0.0.1:2",
        socketPath: "/s",
        reloadTls() {
          reloads += 1;
          if (reloads > 1) throw new Error("no such certificate");
        },
        async close() {
          clearInterval(open);
          process.stderr.write("closed\n");
        },
      };
    },
  }),
});
