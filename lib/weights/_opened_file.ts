/**
 * A file of which parts are read, as long as it stays what it was when it was opened.
 *
 * @module
 */

import { FileMapping } from "../file_mapping.ts";

/** Makes the error of a format's own class. */
type Refuse = (code: "not-a-file" | "changed", reason: string) => Error;

/** An open file. Reads give memory of their own; the mapping is made when it is asked for. */
export class OpenedFile implements Disposable {
  readonly path: string;
  /** Bytes, when it was opened. */
  readonly size: number;
  readonly #refuse: Refuse;
  readonly #file: Deno.FsFile;
  readonly #opened: Deno.FileInfo;
  #mapping?: FileMapping;
  #closed = false;

  constructor(path: string, refuse: Refuse) {
    this.path = path;
    this.#refuse = refuse;
    this.#file = Deno.openSync(path);
    this.#opened = this.#file.statSync();
    this.size = this.#opened.size;
    if (!this.#opened.isFile) {
      this.#file.close();
      throw refuse("not-a-file", "it is not a file");
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes of the file, in memory of their own. */
  read(position: number, byteLength: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(byteLength);
    this.#file.seekSync(position, Deno.SeekMode.Start);
    for (let done = 0; done < byteLength;) {
      const count = this.#file.readSync(bytes.subarray(done));
      if (!count) throw this.#changed();
      done += count;
    }
    return bytes;
  }

  /** The whole file as memory, pages of which are read when they are touched. */
  map(): ArrayBuffer {
    if (!this.#mapping) {
      this.#mapping = new FileMapping(this.path, this.size);
      // By path, as the mapping opened it: it must be the file that was opened
      this.#compare(Deno.statSync(this.path));
    }
    this.checkUnchanged();
    return this.#mapping.buffer;
  }

  /** Throws when another program shortened or rewrote the file since it was opened. */
  checkUnchanged(): void {
    this.#compare(this.#file.statSync());
  }

  /** Closes the file and empties what was mapped; a second call does nothing. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#mapping?.[Symbol.dispose]();
    this.#file.close();
  }

  #compare(now: Deno.FileInfo): void {
    const { dev, ino, size, mtime } = this.#opened;
    const same = now.dev === dev && now.ino === ino && now.size === size &&
      now.mtime?.getTime() === mtime?.getTime();
    if (!same) throw this.#changed();
  }

  #changed(): Error {
    return this.#refuse(
      "changed",
      "another program changed it after it was opened, open it again",
    );
  }
}
