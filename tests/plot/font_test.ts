import assert from "node:assert/strict";
import { Resvg } from "@resvg/resvg-js";
import { fitText, fontFiles, hasGlyphs, textWidth } from "../../lib/plot/_font.ts";

/** Advance of a text as the renderer lays it out, between two letters that have no side effects. */
function drawnWidth(text: string, size: number, weight: string): number {
  const [alone, around] = ["HH", `H${text}H`].map((line) =>
    new Resvg(
      `<svg xmlns="http://www.w3.org/2000/svg" width="9000" height="200"><text x="5" y="150" ` +
        `font-family="Arimo" font-size="${size}" font-weight="${weight}">${line}</text></svg>`,
      { font: { fontFiles: fontFiles(), loadSystemFonts: false } },
    ).innerBBox()!.width
  );
  return around - alone;
}

Deno.test("textWidth() is what the renderer draws, but for kerning", () => {
  for (const text of ["completely round", "0.00025", "20,876", "σ ≥ 3·10⁻² µJy", "éÅß", "iiiiii"]) {
    for (const [weight, bold] of [["normal", false], ["bold", true]] as const) {
      const drawn = drawnWidth(text, 100, weight);
      const measured = textWidth(text, { size: 100, bold });
      assert.ok(Math.abs(drawn - measured) < 0.02 * drawn, `${text}: ${drawn} ${measured}`);
    }
  }
});

Deno.test("fitText() keeps what fits and ends the rest in an ellipsis", () => {
  const options = { size: 10, width: 60 };
  assert.equal(fitText("spiral", options), "spiral");
  const cut = fitText("a spiral with two arms", options);
  assert.equal(cut, "a spiral wit…");
  assert.ok(textWidth(cut, options) <= 60);
  assert.equal(fitText("spiral", { size: 10, width: 3 }), "…");
});

Deno.test("hasGlyphs() tells which texts need another font", () => {
  assert.equal(hasGlyphs("σ ≥ 3·10⁻² µJy → ∞ é"), true);
  assert.equal(hasGlyphs("M☉"), false);
  assert.equal(hasGlyphs("渦巻"), false);
});
