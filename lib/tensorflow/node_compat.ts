/**
 * Gives back what tfjs-node expects of Node and current runtimes no longer have. Imported before
 * tfjs.
 *
 * @module
 */

import util from "node:util";

const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean };

legacy.isNullOrUndefined ??= function isNullOrUndefined(value: unknown): boolean {
  return value === null || value === undefined;
};
