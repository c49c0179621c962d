/** The reader of traces reads what strace writes, also where threads interrupt each other's lines. */
import { expect, test } from "vitest";
import { parseTrace } from "./syscall-trace.ts";

const wal = "/data/countersign.db-wal";
const socket = "TCP:[127.0.0.1:4001->127.0.0.1:9090]";

test.each([
  {
    what: "a write to a file",
    line: String.raw`101 12:00:00.000001 pwrite64(23<${wal}>, "7\177\6\202\0"..., 32, 0) = 32`,
    call: { name: "pwrite64", file: wal, data: String.raw`7\177\6\202\0`, result: 32 },
  },
  {
    what: "a sync",
    line: `101 12:00:00.000002 fdatasync(23<${wal}>) = 0`,
    call: { name: "fdatasync", file: wal, data: "", result: 0 },
  },
  {
    what: "a sync that failed",
    line: `101 12:00:00.000003 fdatasync(23<${wal}>)  = -1 EIO (Input/output error)`,
    call: { name: "fdatasync", result: -1 },
  },
  {
    what: "a write of several parts to a socket",
    line: String.raw`101 12:00:00.000004 writev(25<${socket}>, [{iov_base="POST /api/v3/order HTTP/1.1\r\nhost"..., iov_len=300}, {iov_base="a) = 5", iov_len=6}], 2) = 306`,
    call: {
      name: "writev",
      file: socket,
      data: String.raw`POST /api/v3/order HTTP/1.1\r\nhost`,
      result: 306,
    },
  },
  {
    what: "a write to a socket that has a path",
    line: String.raw`101 12:00:00.000004 writev(35<UNIX-STREAM:[8->9,"/data/control.sock"]>, [{iov_base="HTTP/1.1 201 Created\r\nx", iov_len=303}], 1) = 303`,
    call: {
      name: "writev",
      file: `UNIX-STREAM:[8->9,"/data/control.sock"]`,
      data: String.raw`HTTP/1.1 201 Created\r\nx`,
    },
  },
  {
    what: "text that looks like the end of a call",
    line: String.raw`101 12:00:00.000005 write(2<pipe:[77]>, "say \"x\") = 9", 12) = 12`,
    call: { name: "write", file: "pipe:[77]", data: String.raw`say \"x\") = 9`, result: 12 },
  },
  {
    what: "a descriptor without a name, and no time",
    line: `101 write(2, "x", 1) = 1`,
    call: { name: "write", file: "", data: "x", result: 1 },
  },
  {
    what: "a call that the end of the process cut off",
    line: `101 12:00:00.000006 fdatasync(23<${wal}>) = ?`,
    call: { name: "fdatasync", result: undefined },
  },
  {
    what: "a file that is gone",
    line: `101 12:00:00.000007 fsync(9</data/old>(deleted)) = 0`,
    call: { name: "fsync", file: "/data/old", result: 0 },
  },
])("$what", ({ line, call }) => {
  expect(parseTrace(line)).toMatchObject([call]);
});

test("a call that another thread interrupts is one call, returned where it was resumed", () => {
  const trace = [
    `101 12:00:00.1 fdatasync(23<${wal}> <unfinished ...>`,
    `100 12:00:00.2 write(25<${socket}>, "GET / HTTP/1.1", 14 <unfinished ...>`,
    `101 12:00:00.3 <... fdatasync resumed>) = 0`,
    `100 12:00:00.4 <... write resumed>)     = 14`,
  ].join("\n");
  expect(parseTrace(trace)).toMatchObject([
    { name: "fdatasync", file: wal, result: 0, enteredAt: 0, returnedAt: 2 },
    { name: "write", file: socket, data: "GET / HTTP/1.1", result: 14, enteredAt: 1, returnedAt: 3 },
  ]);
});

test("a call that never came back has not returned; what is no call is passed over", () => {
  const trace = [
    `101 12:00:00.1 fsync(23<${wal}> <unfinished ...>`,
    `100 12:00:00.2 --- SIGTERM {si_signo=SIGTERM, si_code=SI_USER} ---`,
    `102 12:00:00.3 <... fsync resumed>) = 0`,
    `100 12:00:00.4 +++ exited with 0 +++`,
    "",
  ].join("\n");
  const calls = parseTrace(trace);
  expect(calls).toMatchObject([{ name: "fsync", result: undefined }]);
  expect(calls[0]?.returnedAt).toBe(Number.POSITIVE_INFINITY);
});
