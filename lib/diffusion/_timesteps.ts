/**
 * Which timesteps a run calls the network at.
 *
 * @module
 */

import type { SamplerSettings } from "./settings.ts";

type Spacing = Pick<SamplerSettings, "numTrainTimesteps" | "timestepSpacing" | "stepsOffset">;

/**
 * The timesteps of a run, falling (Lin et al. 2024, arXiv:2305.08891, table 2; rounded as diffusers
 * rounds, halves to even numbers).
 *
 * @param options `points`: of how many the last is left out, where the run goes on to the first
 * timestep's level itself. `isRounded`: false lets `linspace` fall between timesteps
 * @throws {RangeError} When the strides of so many steps are no whole timestep, or the offset leads
 * past the last one
 */
export function spacedTimesteps(
  { numTrainTimesteps: trained, timestepSpacing, stepsOffset }: Spacing,
  { steps, points = steps, isRounded = true }: {
    steps: number;
    points?: number;
    isRounded?: boolean;
  },
): number[] {
  const timesteps = (() => {
    switch (timestepSpacing) {
      case "linspace": {
        // One alone is the last: the run begins with noise
        if (points === 1) return [trained - 1];
        const stride = (trained - 1) / (points - 1);
        const rising = Array.from(
          { length: points },
          (_, i) => i === points - 1 ? trained - 1 : i * stride,
        );
        return (isRounded ? rising.map(roundHalfToEven) : rising).reverse();
      }
      case "leading": {
        const stride = Math.floor(trained / points);
        return Array.from({ length: points }, (_, i) => i * stride + stepsOffset).reverse();
      }
      case "trailing": {
        const stride = (trained - trained / steps) - trained; // as NumPy's arange, to the last bit
        return Array.from({ length: steps }, (_, i) => roundHalfToEven(trained + i * stride) - 1);
      }
    }
  })().slice(0, steps);
  for (const [i, timestep] of timesteps.entries()) {
    if (timestep < trained && timestep >= 0 && timestep < (timesteps[i - 1] ?? Infinity)) continue;
    throw new RangeError(
      timestep < trained
        ? `Cannot plan a run: ${steps} ${timestepSpacing} steps fall on timestep ${timestep} twice; take fewer`
        : `Cannot plan a run: ${steps} leading steps with stepsOffset ${stepsOffset} begin at timestep ${timestep}, and the last is ${
          trained - 1
        }; take fewer steps or less offset`,
    );
  }
  return timesteps;
}

/** As Python and NumPy round. */
export function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
