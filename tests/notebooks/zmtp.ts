/**
 * The part of ZeroMQ that a Jupyter client needs: ZMTP 3.0 over TCP without security
 * (https://rfc.zeromq.org/spec/23), as a socket that connects.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** Flags of a frame. */
const MORE = 1;
const LONG = 2;
const COMMAND = 4;

const GREETING_BYTES = 64;

/** A connected socket: messages of one or more frames, in both directions. */
export class ZmtpSocket implements Disposable {
  readonly #connection: Deno.TcpConn;
  #received: Uint8Array = new Uint8Array(0);

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /**
   * Connects.
   *
   * @param type "DEALER" asks and is answered; "SUB" is told everything that is published
   */
  static async connect(port: number, type: "DEALER" | "SUB"): Promise<ZmtpSocket> {
    const socket = new ZmtpSocket(await Deno.connect({ hostname: "127.0.0.1", port }));
    const greeting = new Uint8Array(GREETING_BYTES);
    greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0, ...bytes("NULL")]);
    await socket.#write(greeting);
    await socket.#read(GREETING_BYTES);
    await socket.#writeFrame(COMMAND, [
      ...[5, ...bytes("READY")],
      ...[11, ...bytes("Socket-Type"), 0, 0, 0, type.length, ...bytes(type)],
    ]);
    await socket.#readFrame(); // the other side's READY
    if (type === "SUB") await socket.send([Uint8Array.of(1)]); // subscribe to everything
    return socket;
  }

  /** Sends a message. */
  async send(frames: readonly Uint8Array[]): Promise<void> {
    for (const [index, frame] of frames.entries()) {
      await this.#writeFrame(index < frames.length - 1 ? MORE : 0, frame);
    }
  }

  /** The next message. @throws {Deno.errors.UnexpectedEof} When the other side has closed */
  async receive(): Promise<Uint8Array[]> {
    const frames: Uint8Array[] = [];
    for (;;) {
      const { flags, body } = await this.#readFrame();
      if (flags & COMMAND) continue;
      frames.push(body);
      if (!(flags & MORE)) return frames;
    }
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#connection.close();
  }

  async #writeFrame(flags: number, body: Uint8Array | number[]): Promise<void> {
    const header = new Uint8Array(body.length < 256 ? 2 : 9);
    header[0] = flags | (body.length < 256 ? 0 : LONG);
    if (body.length < 256) header[1] = body.length;
    else new DataView(header.buffer).setBigUint64(1, BigInt(body.length));
    await this.#write(Uint8Array.of(...header));
    await this.#write(Uint8Array.from(body));
  }

  async #readFrame(): Promise<{ flags: number; body: Uint8Array }> {
    const [flags] = await this.#read(1);
    const length = await this.#read(flags! & LONG ? 8 : 1);
    const size = length.reduce((sum, byte) => sum * 256 + byte, 0);
    return { flags: flags!, body: await this.#read(size) };
  }

  async #write(data: Uint8Array): Promise<void> {
    for (let sent = 0; sent < data.length;) {
      sent += await this.#connection.write(data.subarray(sent));
    }
  }

  async #read(count: number): Promise<Uint8Array> {
    const parts = [this.#received];
    const chunk = new Uint8Array(65536);
    for (let length = this.#received.length; length < count;) {
      const found = await this.#connection.read(chunk);
      if (found === null) throw new Deno.errors.UnexpectedEof("Cannot read on: connection closed");
      parts.push(chunk.slice(0, found));
      length += found;
    }
    const all = Buffer.concat(parts);
    this.#received = all.subarray(count);
    return all.subarray(0, count);
  }
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
