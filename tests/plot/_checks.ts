/** What every figure must stand. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { escapeXml } from "../../lib/plot/_escape.ts";
import type { Figure } from "../../lib/plot/mod.ts";
import { labelFaults } from "./_labels.ts";
import { schemaError } from "./_schema.ts";

const schema = JSON.parse(Deno.readTextFileSync(
  fileURLToPath(import.meta.resolve("vega-lite/build/vega-lite-schema.json")),
));

/**
 * The specification keeps to Vega-Lite's own schema, draws without a warning, and its texts are in
 * the SVG. Returns the SVG.
 */
export async function checkFigure(figure: Figure, texts: string[] = []): Promise<string> {
  assert.equal(schemaError(figure.spec, schema), undefined);
  const warnings: unknown[] = [];
  const { warn } = console;
  console.warn = (...message: unknown[]) => void warnings.push(...message);
  try {
    const svg = await figure.svg();
    assert.deepEqual(warnings, []);
    assert.deepEqual(labelFaults(svg), []);
    for (const text of texts) {
      assert.ok(svg.includes(`>${escapeXml(text)}</text>`), `"${text}" is not in the SVG`);
    }
    return svg;
  } finally {
    console.warn = warn;
  }
}

/**
 * The specification, without the house style, is the one in `snapshots/`, numbers rounded to three
 * decimals. With UPDATE_SNAPSHOTS=1 in the environment it is written there instead.
 */
export function checkSnapshot(figure: Figure, name: string): void {
  const { config: _config, ...spec } = figure.spec;
  const rounded = JSON.stringify(spec, (_key, value) => {
    return typeof value === "number" ? Math.round(value * 1000) / 1000 : value;
  }, 2);
  const path = new URL(`snapshots/${name}.json`, import.meta.url);
  if (Deno.env.get("UPDATE_SNAPSHOTS")) Deno.writeTextFileSync(path, `${rounded}\n`);
  assert.deepEqual(JSON.parse(rounded), JSON.parse(Deno.readTextFileSync(path)));
}

/** A PNG file's bytes as grey values, and whether anything is on it. */
export async function readPng(bytes: Uint8Array) {
  const { data, info } = await sharp(bytes).greyscale().raw().toBuffer({ resolveWithObject: true });
  const { density, format, channels } = await sharp(bytes).metadata();
  const dark = data.reduce((count, value) => count + (value < 128 ? 1 : 0), 0);
  return { width: info.width, height: info.height, data, dark, density, format, channels };
}
