import assert from "node:assert/strict";
import { drawGalaxy, measure } from "galaxykit/sky";
import { mean } from "./_sky.ts";

const galaxies = Array.from({ length: 2000 }, (_, index) => drawGalaxy({ seed: 2, index }));
const measured = galaxies.map((galaxy) => ({ galaxy, science: measure(galaxy) }));

Deno.test("measure() says the same of a galaxy every time", () => {
  assert.deepEqual(measure(galaxies[5]), measured[5].science);
});

Deno.test("measure() gives masses of the SDSS main sample", () => {
  const masses = measured.map(({ science }) => science.log_stellar_mass);
  assert.ok(Math.abs(mean(masses) - 10.6) < 0.15, `${mean(masses)}`);
  assert.ok(Math.max(...masses) < 12.3 && Math.min(...masses) > 7, `${Math.max(...masses)}`);
});

Deno.test("measure() puts blue galaxies on the main sequence and red ones 1.5 dex below", () => {
  const rate = (sequence: string) =>
    mean(
      measured.filter(({ galaxy }) => galaxy.sequence === sequence)
        .map(({ science }) => science.log_sfr - science.log_stellar_mass),
    );
  assert.ok(Math.abs(rate("blue") + 10.1) < 0.25, `${rate("blue")}`);
  assert.ok(Math.abs(rate("red") + 11.9) < 0.15, `${rate("red")}`);
});

Deno.test("measure() puts early types into more massive haloes and denser places", () => {
  const of = (early: boolean, value: "log_halo_mass" | "log_density") =>
    mean(
      measured.filter(({ galaxy }) => ["elliptical", "lenticular"].includes(galaxy.class) === early)
        .map(({ science }) => science[value]),
    );
  assert.ok(of(true, "log_halo_mass") > of(false, "log_halo_mass") + 0.2);
  assert.ok(of(true, "log_density") > of(false, "log_density") + 0.1);
  const clusters = measured.filter(({ science }) => science.environment === "cluster").length;
  assert.ok(clusters > 40 && clusters < 450, `${clusters} of 2000`);
});

Deno.test("drawGalaxy() gives a dust lane to about one early type of 130", () => {
  const early = Array.from({ length: 20000 }, (_, index) => drawGalaxy({ seed: 3, index }))
    .filter((galaxy) => galaxy.class === "elliptical" || galaxy.class === "lenticular");
  const share = early.filter(({ dustLane }) => dustLane !== null).length / early.length;
  assert.ok(share > 1 / 190 && share < 1 / 90, `1 in ${1 / share}`);
});
