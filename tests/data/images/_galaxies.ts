/** Folders of small images to load: quick to draw, each one different. */

import { join } from "node:path";
import sharp from "sharp";
import { Prng } from "galaxykit/data";

const CLASSES = ["edge-on", "smooth", "spiral"];

/** Image i is `folder/<class i % 3>/<i in six digits>`: a tilted glow over a noisy sky. */
export async function writeGalaxies(
  folder: string,
  { count, size, format = "png" }: { count: number; size: number; format?: "png" | "jpg" },
): Promise<string[]> {
  const paths = Array.from(
    { length: count },
    (_, index) => join(folder, CLASSES[index % 3], `${String(index).padStart(6, "0")}.${format}`),
  );
  for (const [index, path] of paths.entries()) {
    Deno.mkdirSync(join(path, ".."), { recursive: true });
    const raw = { width: size, height: size, channels: 3 as const };
    const image = sharp(draw(index, size), { raw });
    await (format === "png" ? image.png() : image.jpeg({ quality: 90 })).toFile(path);
  }
  return paths;
}

function draw(seed: number, size: number): Uint8Array {
  const random = new Prng(seed, [99]);
  const tilt = random.uniform(0, Math.PI);
  const pixels = new Uint8Array(size * size * 3);
  for (let at = 0; at < size * size; at++) {
    const [x, y] = [at % size / size - 0.5, Math.floor(at / size) / size - 0.5];
    const along = x * Math.cos(tilt) + y * Math.sin(tilt);
    const across = (y * Math.cos(tilt) - x * Math.sin(tilt)) * 2;
    const light = 200 * Math.exp(-12 * Math.hypot(along, across));
    for (let c = 0; c < 3; c++) pixels[3 * at + c] = light * (1 - c / 5) + random.uniform(0, 12);
  }
  return pixels;
}
