/** Changes to keys go one after the other, so that what a change checked still holds when it commits. */
import { KeyError } from "./key-error.ts";

export const changesWaitingMax = 64;

/** Runs changes in the order they came. @throws KeyError `too-many-changes-waiting` */
export type OneAtATime = <T>(change: () => Promise<T>) => Promise<T>;

export function oneAtATime(): OneAtATime {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return async (change) => {
    if (waiting >= changesWaitingMax) {
      throw new KeyError("too-many-changes-waiting", "too many changes to keys wait already; try again");
    }
    waiting += 1;
    const result = last.then(change);
    last = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      waiting -= 1;
    }
  };
}
