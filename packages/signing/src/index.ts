// The one door of @countersign/signing. Everything a caller may use is named here; nothing else is promised.

export { importSigner, importVerifier, normalizePublicKey, publicKeyOf } from "./keys.ts";
export type { Algorithm, Signer, SigningKey, Verifier, VerifyingKey } from "./algorithm.ts";
export { KeyFormatError, SigningFormatError } from "./errors.ts";
export type { KeyFormatCode, SigningFormatCode } from "./errors.ts";
export { serializeParams, signRest, splitRest, verifyRest } from "./rest.ts";
export type { RestSplit } from "./rest.ts";
export type { SignatureVerdict } from "./verdict.ts";
export { signWs, verifyWs, wsPayload } from "./ws.ts";
export { parseWsParams, wsParamsMax, wsTextCharsMax } from "./ws-params.ts";
export { checkTiming, recvWindowDefaultMs, recvWindowMaxMs } from "./timing.ts";
export type { TimingInput, TimingVerdict } from "./timing.ts";
export {
  formatKey,
  isApiKeyFormat,
  keyBytesAdvised,
  keyPattern,
  keyPrefixes,
  parseKey,
} from "./key-format.ts";
export type { KeyKind, KeyRealm, ParsedKey } from "./key-format.ts";
