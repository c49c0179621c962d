// The one door of countersign-sandbox: start a pretend Binance Spot exchange inside a program.

export { startSandbox } from "./sandbox.ts";
export type { AccountSpec, IssuedKey, Sandbox, SandboxAccount, SandboxOptions } from "./sandbox.ts";
export { KeySpecError, type KeyAlgorithm, type KeyPermissions, type KeySpec } from "./auth/keys.ts";
export type { Clock, Scheduler } from "./clock.ts";
export type { FaultAction, FaultHandle, FaultSpec, Faults } from "./faults.ts";
export type { Journal, JournalEntry, JournalOutcome } from "./journal.ts";
export type { SymbolSpec } from "./market/symbols.ts";
