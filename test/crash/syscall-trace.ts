/**
 * Reads what `strace -f -y -o` wrote: system calls in the order in which they were entered and returned, over all
 * threads of the traced process. It judges nothing.
 */

export interface SystemCall {
  readonly name: string;
  /** What its first argument, a file descriptor, stands for: a path or a socket; empty if strace did not say. */
  readonly file: string;
  /** The first text among its arguments, as strace cut and escaped it; empty without one. */
  readonly data: string;
  /** Undefined while it had not returned when the trace ended. */
  readonly result: number | undefined;
  /** Places in the trace: what is entered at a higher one than another returned at came after it. */
  readonly enteredAt: number;
  readonly returnedAt: number;
}

const linePattern = /^(\d+)\s+(?:\d+:\d+:\d+(?:\.\d+)?\s+)?(.*)$/;
const resultPattern = String.raw`\s+=\s+(-?\d+|\?)(?:<.*>)?(?:\s+[A-Z]\w*(?:\s+\(.*\))?)?$`;
const wholePattern = new RegExp(String.raw`^(\w+)\((.*)\)${resultPattern}`);
const unfinishedPattern = /^(\w+)\((.*?)\s*<unfinished \.\.\.>$/;
const resumedPattern = new RegExp(String.raw`^<\.\.\. (\w+) resumed>(.*)\)${resultPattern}`);
/** `23</path/to/file>` or `25<TCP:[127.0.0.1:1->127.0.0.1:2]>`, before a comma or the end. */
const filePattern = /^-?\d+<(.*?)>(?:\(deleted\))?(?=,|$)/;
const dataPattern = /"((?:[^"\\]|\\.)*)"/;

/** The calls in the order in which they were entered. Lines that are no calls (signals, exits) are passed over. */
export function parseTrace(text: string): readonly SystemCall[] {
  const calls: SystemCall[] = [];
  /** Per thread, where its call under way stands in `calls`. */
  const underWay = new Map<string, number>();
  for (const [place, line] of text.split("\n").entries()) {
    const [, thread = "", rest = ""] = linePattern.exec(line) ?? [];
    const [, name, args = "", result = ""] = wholePattern.exec(rest) ?? [];
    if (name !== undefined) {
      calls.push({ ...callOf(name, args, place), result: numberOf(result), returnedAt: place });
      continue;
    }
    const [, begun, begunArgs = ""] = unfinishedPattern.exec(rest) ?? [];
    if (begun !== undefined) {
      underWay.set(thread, calls.push(callOf(begun, begunArgs, place)) - 1);
      continue;
    }
    const [, resumed, moreArgs = "", late = ""] = resumedPattern.exec(rest) ?? [];
    const index = underWay.get(thread);
    const call = index === undefined ? undefined : calls[index];
    if (index === undefined || call === undefined || call.name !== resumed) continue;
    underWay.delete(thread);
    const data = call.data === "" ? dataOf(moreArgs) : call.data;
    calls[index] = { ...call, data, result: numberOf(late), returnedAt: place };
  }
  return calls;
}

/** A call that has been entered and has not returned. */
function callOf(name: string, args: string, place: number): SystemCall {
  const [named = "", file = ""] = filePattern.exec(args) ?? [];
  // A socket's name may hold a quoted path of its own.
  const data = dataOf(args.slice(named.length));
  return { name, file, data, result: undefined, enteredAt: place, returnedAt: Number.POSITIVE_INFINITY };
}

const dataOf = (args: string): string => dataPattern.exec(args)?.[1] ?? "";

/** `?` stands for a call that never returned. */
const numberOf = (result: string): number | undefined => (result === "?" ? undefined : Number(result));
