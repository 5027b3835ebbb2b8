/**
 * Reads an HDF5 file for the main thread, which decompression would hold up for seconds.
 *
 * @module
 */

import { type Hdf5Images, type Hdf5Layout, openHdf5Images } from "./hdf5_file.ts";

/** The first question opens a file, the others ask for images. */
type Question = { path: string; layout: Hdf5Layout } | { start: number; end: number };

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Question>) => void;
  postMessage(message: unknown, transfer?: Transferable[]): void;
};
let opened: Promise<Hdf5Images>;

scope.onmessage = async ({ data }) => {
  try {
    if ("path" in data) {
      opened = openHdf5Images(data.path, data.layout);
      scope.postMessage({ answer: (await opened).summary });
    } else {
      const answer = (await opened).read(data.start, data.end);
      scope.postMessage({ answer }, [answer.buffer as ArrayBuffer]);
    }
  } catch (error) {
    const { name, message } = error as Error;
    scope.postMessage({ error: { name, message } });
  }
};
