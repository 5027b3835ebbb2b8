/** `deno task backbones`: train the kit's own small networks on simulated skies. */

import { runCommand } from "../lib/cli.ts";
import { reporter } from "../lib/plot/mod.ts";
import {
  type Backbone,
  BACKBONE_PROFILES,
  type BackboneProfile,
  BACKBONES,
  backboneSettings,
  probeBackbone,
  trainBackbone,
  writeBackboneRecord,
} from "../lib/recipes/backbones/mod.ts";
import { within } from "../lib/text.ts";

await runCommand({
  name: "backbones",
  summary: "Train the kit's own small networks on simulated skies, to be fine-tuned later.",
  options: {
    profile: {
      type: "string",
      default: "small",
      choices: Object.keys(BACKBONE_PROFILES) as BackboneProfile[],
      description: "how much to spend: seconds, or a quarter of an hour and more on two cores",
    },
    epochs: {
      type: "integer",
      minimum: 1,
      description: "passes over the galaxies (the profile's)",
    },
    out: {
      type: "string",
      value: "DIR",
      default: "runs/backbones",
      description: "where skies, runs and weights are kept",
    },
    data: {
      type: "string",
      value: "DIR",
      description: "a GZ2 table and its images: real galaxies to try the networks on",
    },
  },
  words: { value: "[NAME…]", description: `which (all): ${BACKBONES.join(", ")}` },
}, async ({ profile, out, epochs, data }, { signal, words }) => {
  const unknown = words.find((word) => !BACKBONES.includes(word as Backbone));
  if (unknown !== undefined) {
    throw new RangeError(
      `Cannot train backbones: wanted ${BACKBONES.join(", ")}, found "${unknown}"`,
    );
  }
  using report = reporter();
  for (const name of words.length > 0 ? words as Backbone[] : BACKBONES) {
    const settings = { ...backboneSettings(name, profile), ...(epochs ? { epochs } : {}) };
    const { path, best } = await trainBackbone(name, {
      out,
      settings,
      signal,
      onSky: report,
      onStep: ({ epoch, step, steps, loss }) =>
        report({
          what: `${name}, epoch ${epoch}`,
          ...{ done: step, total: steps, unit: "steps", note: `loss ${loss.toFixed(4)}` },
        }),
      onEpoch({ epoch, train_loss, validation_loss, validation_mean_absolute_error, seconds }) {
        report({
          message: `${name}, epoch ${epoch}: loss ${train_loss.toFixed(4)}, validation ${
            validation_loss.toFixed(4)
          }, mean absolute error ${validation_mean_absolute_error.toFixed(4)} (${
            seconds.toFixed(0)
          } s)`,
        });
      },
    });
    const probes = await probeBackbone(name, { path, out, settings, data, signal });
    const given = Object.entries({ profile, epochs }).filter(([, value]) => value !== undefined);
    await writeBackboneRecord(path, {
      name,
      command: `deno task backbones ${name}${
        given.map(([option, value]) => ` --${option} ${value}`).join("")
      }`,
      training: { settings, best, probes },
    });
    console.log(
      `${path}: epoch ${best.epoch}, mean absolute error of vote fractions ${
        best.validation_mean_absolute_error.toFixed(4)
      }`,
    );
    for (const { on, galaxies, trained, random } of probes) {
      console.log(
        `  linear probe, smooth or featured, ${on}, ${galaxies} galaxies: balanced accuracy ${
          within(trained)
        }; with random values ${within(random)}`,
      );
    }
  }
});
