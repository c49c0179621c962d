#!/usr/bin/env node
/** The `countersign` command: this process's surroundings, one command, its exit code. */
import { runCli } from "./program.ts";
import { processSurroundings } from "./surroundings.ts";

process.exitCode = await runCli(process.argv.slice(2), processSurroundings);
