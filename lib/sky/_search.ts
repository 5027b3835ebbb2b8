/**
 * The search for kinds of galaxies in a natural sky.
 *
 * @module
 */

import type { OnProgress } from "../progress.ts";
import { count as number } from "../text.ts";
import type { Quotas, SearchState } from "./enrichment.ts";
import type { SkyWorkers } from "./sky_workers.ts";
import type { SurveyName } from "./survey.ts";

/**
 * A galaxy of the sky is looked at once for all kinds that still lack some; a chunk at a time, larger
 * ones where galaxies are rare. What is found does not hang on it.
 */
const CHUNK = { least: 512, most: 32_768 };
/** Galaxies looked at before a kind can be called too rare. */
const FEW = 200_000;
/** Milliseconds between two savings of a search. */
const SAVING = 10_000;

/**
 * Looks through a natural sky, galaxy by galaxy, until as many of each kind are found as are wanted.
 *
 * @param workers They know what votes are reduced by where kinds go by votes
 * @param options `state`: where to go on; `save` is told now and then, and in the end
 * @returns The state in which all kinds are complete
 * @throws {Error} When a kind is too rare
 * @throws {DOMException} When the signal aborts
 */
export async function searchKinds(
  workers: SkyWorkers,
  { seed, survey, quotas, limit, state, save, signal, onProgress }: {
    seed: number;
    survey: SurveyName;
    quotas: Quotas["kinds"];
    /** Galaxies to look through at most. */
    limit: number;
    state?: SearchState;
    save?: (state: SearchState) => void;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  },
): Promise<SearchState> {
  const names = [...quotas.keys()];
  const now = state ?? {
    position: 0,
    kinds: Object.fromEntries(names.map((name) => [name, { found: [], until: null }])),
  };
  const lacking = () => names.filter((name) => now.kinds[name].until === null);
  const pending: { kinds: string[]; end: number; reply: ReturnType<SkyWorkers["search"]> }[] = [];
  let next = now.position;
  let size = CHUNK.least;
  let saved = performance.now();
  try {
    for (let kinds = lacking(); kinds.length > 0; kinds = lacking()) {
      signal?.throwIfAborted();
      while (pending.length < 2 * workers.count) {
        const reply = workers.search({ seed, start: next, end: next + size, survey, kinds });
        reply.catch(() => {}); // it is awaited in its turn, unless one before it fails
        pending.push({ kinds, end: next += size, reply });
      }
      const { reply, kinds: asked, end } = pending.shift()!;
      const found = await reply;
      size = found.indices.length === 0
        ? Math.min(CHUNK.most, 2 * size)
        : Math.max(CHUNK.least, size / 2);
      found.indices.forEach((index, at) => {
        const name = asked[found.kinds[at]];
        const own = now.kinds[name];
        if (own.until !== null) return;
        if (own.found.length < quotas.get(name)!) own.found.push(index);
        else own.until = index;
      });
      now.position = end;
      report(now, { quotas, onProgress });
      refuseRare(now, { quotas, limit });
      if (performance.now() - saved < SAVING) continue;
      save?.(now);
      saved = performance.now();
    }
  } finally {
    save?.(now);
  }
  return now;
}

function report(
  { position, kinds }: SearchState,
  { quotas, onProgress }: { quotas: Quotas["kinds"]; onProgress?: OnProgress },
): void {
  if (onProgress === undefined) return;
  const rows = [...quotas].map(([name, quota]) => ({ name, quota, has: kinds[name].found.length }));
  const sum = (of: (row: typeof rows[number]) => number) =>
    rows.reduce((total, row) => total + of(row), 0);
  const last = rows.reduce((a, b) => b.has / b.quota < a.has / a.quota ? b : a);
  onProgress({
    what: "Searching galaxies",
    done: sum(({ has }) => has),
    total: sum(({ quota }) => quota),
    unit: "galaxies",
    note: `${number(position)} looked at, ${last.has} of ${last.quota} "${last.name}"`,
  });
}

/** Stops where one would search for hours, with what is known by then. */
function refuseRare(
  { position, kinds }: SearchState,
  { quotas, limit }: { quotas: Quotas["kinds"]; limit: number },
): void {
  for (const [name, quota] of quotas) {
    const { found, until } = kinds[name];
    const needed = position * (quota + 1) / (found.length + 1); // one more than found: kindly
    const hopeless = position >= limit || position >= FEW && needed > 4 * limit;
    if (until !== null || !hopeless) continue;
    throw new Error(
      `Cannot draw a sky: "${name}" is too rare: ${number(found.length)} found among the first ${
        number(position)
      } galaxies, ${number(quota)} wanted; ask for fewer or for another kind, ` +
        "or look through more (searchLimit)",
    );
  }
}
