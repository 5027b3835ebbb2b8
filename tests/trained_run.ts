/** A small network that has learnt classes of galaxies, for tests of what is done with it. */

import { join } from "node:path";
import { trainImageFolder } from "galaxykit/jobs";
import { writeGalaxyFolder } from "galaxykit/sky";
import { temporaryFolder } from "./temporary.ts";

/** Draws galaxies and trains on them: `images` and `run` in a new folder. */
export async function trainedRun({ count, epochs }: { count: number; epochs: number }) {
  const folder = temporaryFolder();
  const [images, run] = [join(folder, "galaxies"), join(folder, "run")];
  await writeGalaxyFolder(images, { count, size: 32, seed: 1 });
  await trainImageFolder(run, {
    settings: { images, width: 4, size: 32, crop: 1, epochs, batch: 12 },
  });
  return { folder, images, run };
}
