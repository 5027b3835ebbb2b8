/** What a reader sees of a figure's texts: where each stands in the SVG, and what is wrong with it. */

import { textWidth } from "../../lib/plot/_font.ts";

/** A text of an SVG with the box that it takes, in pixels of the figure. */
export type PlacedText = {
  text: string;
  /** What Vega drew it for: "axis-label", "axis-title", "title-text", "legend-label", "mark" … */
  role: string;
  /** The group that it is in: labels of one axis share it. */
  group: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
};

type Frame = { x: number; y: number; role: string; group: number; opacity: number };

/** All texts that can be seen. Those that are turned by another angle than a quarter are left out. */
export function textsOf(svg: string): PlacedText[] {
  const stack: Frame[] = [{ x: 0, y: 0, role: "mark", group: 0, opacity: 1 }];
  const texts: PlacedText[] = [];
  let groups = 0;
  const tag = /<(\/?)(\w+)((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>([^<]*)/g;
  for (const [, closing, name, attributes, alone, content] of svg.matchAll(tag)) {
    if (name !== "g" && name !== "text" && name !== "svg") continue;
    if (closing) {
      if (name !== "text") stack.pop();
      continue;
    }
    const values = Object.fromEntries(
      [...attributes!.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    );
    const [, x = 0, y = 0] =
      (/translate\(([-\d.e]+),\s*([-\d.e]+)\)/.exec(values.transform ?? "") ?? [])
        .map(Number);
    const above = stack.at(-1)!;
    const [, role] = /role-([\w-]+)/.exec(values.class ?? "") ?? [];
    const frame: Frame = {
      ...{ x: above.x + x, y: above.y + y },
      role: role ?? above.role,
      group: role === undefined ? above.group : ++groups,
      opacity: above.opacity * Number(values.opacity ?? 1),
    };
    if (name === "text") {
      const text = content!.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll(
        "&amp;",
        "&",
      );
      const [, angle = 0] = (/rotate\(([-\d.]+)/.exec(values.transform ?? "") ?? []).map(Number);
      if (text.trim() === "" || frame.opacity === 0 || angle % 90 !== 0) continue;
      texts.push({
        text,
        role: frame.role,
        group: frame.group,
        ...box(text, { values, frame, angle }),
      });
    } else if (!alone) {
      stack.push(frame);
    }
  }
  return texts;
}

function box(
  text: string,
  { values, frame: { x, y }, angle }: {
    values: Record<string, string>;
    frame: Frame;
    angle: number;
  },
) {
  const size = parseFloat(values["font-size"] ?? "11");
  const width = textWidth(text, { size, bold: values["font-weight"] === "bold" });
  const start = { start: 0, middle: -width / 2, end: -width }[values["text-anchor"] ?? "start"]!;
  // Of capitals and digits, which most labels are.
  const [top, bottom] = [-0.72 * size, 0];
  if (angle === 0) {
    return { left: x + start, right: x + start + width, top: y + top, bottom: y + bottom };
  }
  const turned = Math.abs(angle) === 180 ? -1 : 1;
  if (turned < 0) {
    return { left: x - start - width, right: x - start, top: y - bottom, bottom: y - top };
  }
  return angle < 0
    ? { left: x + top, right: x + bottom, top: y - start - width, bottom: y - start }
    : { left: x - bottom, right: x - top, top: y + start, bottom: y + start + width };
}

/** What is wrong with the texts of a figure, one sentence each. */
export function labelFaults(svg: string): string[] {
  const texts = textsOf(svg);
  const faults: string[] = [];
  const [, wide, high] = /<svg[^>]*viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg)!.map(Number);
  const axes = Map.groupBy(
    texts.filter(({ role }) => role === "axis-label"),
    ({ group }) => group,
  );
  for (const labels of axes.values()) {
    const words = labels.map(({ text }) => text);
    if (new Set(words).size < words.length) faults.push(`an axis reads ${words.join(", ")}`);
    const line = labels.toSorted((a, b) => a.left - b.left);
    for (const [i, label] of line.slice(1).entries()) {
      const isBeside = Math.abs(label.top - line[i]!.top) < 1;
      if (isBeside && label.left - line[i]!.right < 3) {
        faults.push(`"${line[i]!.text}" runs into "${label.text}"`);
      }
    }
  }
  for (const { text, left, right, top, bottom } of texts) {
    if (left < -0.5 || top < -0.5 || right > wide! + 0.5 || bottom > high! + 0.5) {
      faults.push(`"${text}" is cut off at the edge`);
    }
  }
  texts.forEach((a, i) => {
    for (const b of texts.slice(i + 1)) {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      if (a.text === b.text && a.left === b.left && a.top === b.top) continue; // its own halo
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 0.5 && down > 1) faults.push(`"${a.text}" lies on "${b.text}"`);
    }
  });
  return faults;
}
