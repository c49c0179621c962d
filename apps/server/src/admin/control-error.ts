/** Why the control plane could not start. */

export type ControlErrorCode =
  | "socket-path-too-long"
  | "socket-foreign"
  | "socket-in-use"
  | "address-in-use"
  | "not-loopback"
  | "listen-failed";

export class ControlError extends Error {
  override readonly name = "ControlError";
  readonly code: ControlErrorCode;

  constructor(code: ControlErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
