import assert from "node:assert/strict";
import { parseOptions } from "../lib/cli.ts";
import { COMMON, SKY } from "../lib/jobs/common_settings.ts";
import { CLASSIFY, PREDICT } from "../lib/jobs/mod.ts";
import { RECIPES } from "../lib/recipes/mod.ts";
import {
  type Bounds,
  commandLine,
  defineSettings,
  flagOf,
  type GivenOf,
  givenOf,
  leaves,
  optionsOf,
  type Schema,
  type Setting,
  type SettingsOf,
  settingsOf,
  type TextSetting,
} from "../lib/settings.ts";

const JOB = defineSettings({
  refusal: "Cannot work",
  profile: { default: "small", description: "how much to spend" },
  profiles: { tiny: { epochs: 3, sky: { count: 40 } }, small: { compare: ["a", "b"] } },
  table: {
    name: { type: "string", required: true, description: "a name" },
    size: { type: "integer", minimum: 32, defaultText: "the model's", description: "a side" },
    epochs: { type: "integer", default: 20, minimum: 1, description: "passes" },
    thresholds: {
      ...{ type: "numbers", default: "0.5:0.9:5", above: 0, maximum: 1, rising: true },
      description: "shares",
    },
    volunteers: {
      type: "integers",
      default: [3, 10],
      minimum: 1,
      description: "numbers of people",
    },
    compare: { type: "strings", default: [], choices: ["a", "b", "c"], description: "others" },
    skipBad: { type: "boolean", description: "leave out" },
    sky: {
      count: { type: "integer", default: 1000, minimum: 1, description: "galaxies" },
      seed: { type: "integer", default: 1, description: "which sky" },
    },
  },
});

Deno.test("settingsOf() lays what is given over the profile, and that over the defaults", () => {
  const settings = settingsOf(JOB, { name: "x", profile: "tiny", sky: { seed: 4 } });
  assert.deepEqual(settings, {
    ...{ profile: "tiny", name: "x", epochs: 3, skipBad: false },
    ...{ thresholds: [0.5, 0.6, 0.7, 0.8, 0.9], volunteers: [3, 10], compare: [] },
    sky: { count: 40, seed: 4 },
  });
  assert.deepEqual(settingsOf(JOB, settings), settings);
  // As the compiler sees them
  const profile: "tiny" | "small" = settings.profile;
  const size: number | undefined = settings.size;
  const compare: readonly ("a" | "b" | "c")[] = settings.compare;
  assert.deepEqual([profile, size, compare], ["tiny", undefined, []]);
});

Deno.test("settingsOf() reads texts of numbers", () => {
  const of = (thresholds: string) => settingsOf(JOB, { name: "x", thresholds }).thresholds;
  assert.deepEqual(of("0.4:0.95:12").slice(0, 3), [0.4, 0.45, 0.5]);
  assert.deepEqual(of("0.5,0.75"), [0.5, 0.75]);
  assert.deepEqual(of("5e-1, .75 ,+0.8,1."), [0.5, 0.75, 0.8, 1]);
  for (
    const text of [
      "0.4:1.2:5",
      "0.9:0.5:5",
      "0:0.5:5",
      "x:0.5:5",
      "0.5::3",
      "0.5:0.9:1",
      "a",
      "0x1",
      "0b1",
      "1e-1_0",
    ]
  ) {
    assert.throws(() => of(text), /must be rising numbers, above 0, at most 1, .* found$/);
  }
});

Deno.test("settingsOf() refuses, naming the setting and what was found", () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ name: 3 }, "name must be a text, 3 found"],
    [{ size: 8 }, "size must be an integer, at least 32, 8 found"],
    [{ epochs: 1.5 }, "epochs must be an integer, at least 1, 1.5 found"],
    [{ epochs: "3" }, 'epochs must be an integer, at least 1, "3" found'],
    [{ volunteers: "3,x" }, 'volunteers must be integers, at least 1, "3,x" found'],
    [{ volunteers: [] }, "volunteers must be integers, at least 1, [] found"],
    [{ compare: ["d"] }, 'compare must be different ones of a, b, c, ["d"] found'],
    [{ compare: ["a", "a"] }, 'compare must be different ones of a, b, c, ["a","a"] found'],
    [{ skipBad: "yes" }, 'skipBad must be true or false, "yes" found'],
    [{ profile: "big" }, 'profile must be one of tiny, small, "big" found'],
    [{ sky: { count: 0 } }, "sky.count must be an integer, at least 1, 0 found"],
    [{ sky: 3 }, "sky must be a group of count, seed, 3 found"],
    [{ sky: { cuont: 1 } }, 'unknown setting "sky.cuont", nearest is "sky.count"'],
    [{ epoch: 3 }, 'unknown setting "epoch", nearest is "epochs"'],
  ];
  for (const [change, message] of cases) {
    assert.throws(() => settingsOf(JOB, { name: "x", ...change } as GivenOf<typeof JOB>), {
      name: "RangeError",
      message: `Cannot work: ${message}`,
    });
  }
});

Deno.test("settingsOf() refuses what no message could show plainly", () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const cases: [unknown, RegExp][] = [
    [null, /^Cannot work: settings must be an object of values by name, null found$/],
    [5, /^Cannot work: settings must be an object of values by name, 5 found$/],
    [{ name: "x", epochs: 3n }, /^Cannot work: epochs must be an integer, at least 1, 3n found$/],
    [
      { name: circle },
      /^Cannot work: name must be a text, <ref \*1> { self: \[Circular \*1\] } found$/,
    ],
  ];
  for (const [given, message] of cases) {
    assert.throws(() => settingsOf(JOB, given as GivenOf<typeof JOB>), {
      name: "RangeError",
      message,
    });
  }
});

Deno.test("defineSettings() refuses a profile that switches on what cannot be switched off", () => {
  assert.throws(
    () =>
      defineSettings({
        refusal: "Cannot work",
        profiles: { quick: { head: { fast: true } }, slow: { head: { fast: false } } },
        table: { head: { fast: { type: "boolean", description: "hurry" } } },
      }),
    {
      name: "RangeError",
      message:
        'Cannot define settings: profile "quick" switches "headFast" on, which a command line could not switch off; name the switch for the opposite',
    },
  );
});

Deno.test("optionsOf() tells the default of each profile", () => {
  const texts = Object.entries(optionsOf(JOB)).map(([key, option]) =>
    "defaultText" in option ? `${flagOf(key)} ${option.defaultText}` : flagOf(key)
  );
  assert.deepEqual(texts, [
    ...["--profile small", "--name", "--size the model's", "--epochs 20, tiny 3"],
    ...["--thresholds 0.5:0.9:5", "--volunteers 3,10", "--compare a,b, tiny none", "--skip-bad"],
    ...["--sky-count 1000, tiny 40", "--sky-seed 1"],
  ]);
});

Deno.test("commandLine() leads to the same settings", () => {
  const given = {
    ...{ name: "x", epochs: 4, thresholds: [0.5, 0.6], skipBad: true },
    sky: { seed: 9 },
  };
  const settings = settingsOf(JOB, { ...given, profile: "tiny" });
  const line = commandLine(JOB, settings);
  assert.deepEqual(line, [
    ...["--profile", "tiny", "--name", "x", "--epochs", "4", "--thresholds", "0.5,0.6"],
    ...["--skip-bad", "--sky-seed", "9"],
  ]);
  const command = { name: "work", summary: "", options: {}, settings: JOB };
  assert.deepEqual(settingsOf(JOB, givenOf(JOB, parseOptions(command, line))), settings);
});

/** Every job's settings, and what must be given. */
const JOBS: Record<string, { schema: Schema; given?: Record<string, unknown> }> = {
  classify: { schema: CLASSIFY, given: { images: "galaxies" } },
  predict: { schema: PREDICT },
  ...Object.fromEntries(
    RECIPES.flatMap((recipe) =>
      "prepare" in recipe ? [[recipe.name, { schema: recipe.settings }]] : []
    ),
  ),
};

/** A value out of bounds, as the library and the command line are given it. */
function outOfBounds(setting: Setting): unknown {
  switch (setting.type) {
    case "boolean":
      return "yes";
    case "string":
      return setting.choices ? "no-such-choice" : 3;
    case "strings":
      return setting.choices ? ["no-such-choice"] : [3];
    case "numbers":
    case "integers":
      return [beyond(setting)];
    default:
      return beyond(setting);
  }
}

function beyond(
  setting: Extract<Setting, { type: "number" | "numbers" | "integer" | "integers" }>,
) {
  if (setting.minimum !== undefined) return setting.minimum - 1;
  if (setting.above !== undefined) return setting.above;
  assert.fail("a number has no lower bound");
}

for (const [name, { schema, given = {} }] of Object.entries(JOBS)) {
  const all = (changes: Record<string, unknown> = {}) =>
    settingsOf(schema, { ...given, ...changes });
  const profiles = Object.keys(schema.profiles);
  const command = { name, summary: "", options: {}, settings: schema };
  const read = (...args: string[]): Record<string, unknown> => parseOptions(command, args);

  Deno.test(`${name}: profiles are inside the bounds and complete`, () => {
    for (const profile of profiles.length > 0 ? profiles : [undefined]) {
      const settings = all({ profile }) as Record<string, unknown>;
      assert.deepEqual(settingsOf(schema, JSON.parse(JSON.stringify(settings))), settings);
    }
  });

  Deno.test(`${name}: every setting is told, accepted and refused by both sides`, () => {
    const keys = leaves(schema.table).map(({ key }) => key);
    assert.equal(new Set(keys).size, keys.length);
    for (const { path, key, setting } of leaves(schema.table)) {
      assert.match(setting.description, /\S.*\S/, key);
      assert.doesNotMatch(setting.description, /\.$/, key);
      const value = path.reduce<unknown>((of, name) => (of as Schema)?.[name as never], all());
      const bad = outOfBounds(setting);
      const nested = path.toReversed().reduce<unknown>((of, name) => ({ [name]: of }), bad);
      assert.throws(() => all(nested as Record<string, unknown>), (error: Error) => {
        assert.ok(error instanceof RangeError);
        assert.ok(error.message.startsWith(`${schema.refusal}: ${path.join(".")} must be `), key);
        assert.ok(error.message.endsWith(`, ${JSON.stringify(bad)} found`), error.message);
        return true;
      });

      // The command line
      if (setting.type === "boolean") {
        assert.equal(read(flagOf(key))[key], true);
        assert.throws(() => read(`${flagOf(key)}=yes`), {
          message: `Cannot run ${name}: ${flagOf(key)} takes no value, found "yes"`,
        });
        continue;
      }
      const text = Array.isArray(value)
        ? value.join(",") || "none"
        : String(value ?? usable(setting));
      const accepted = givenOf(schema, read(flagOf(key), text));
      assert.ok(settingsOf(schema, { ...given, ...accepted }), key);
      if ("choices" in setting ? !setting.choices : setting.type.startsWith("string")) continue;
      assert.throws(
        () => read(flagOf(key), Array.isArray(bad) ? bad.join(",") : String(bad)),
        (error: Error) => {
          assert.ok(error.message.startsWith(`Cannot run ${name}: ${flagOf(key)} wants `), key);
          assert.ok(error.message.endsWith(`found "${bad}"`), error.message);
          return true;
        },
      );
    }
  });
}

Deno.test("settings of one name have one type and one range in all jobs", () => {
  const meaning = ({ type, ...setting }: Setting) => {
    const { minimum, maximum, above, below } = setting as Bounds;
    return { type, minimum, maximum, above, below, choices: (setting as TextSetting).choices };
  };
  let compared = 0;
  for (const [job, { schema }] of Object.entries(JOBS)) {
    for (const { path, setting } of leaves(schema.table)) {
      const common = path[0] === "sky" ? SKY : COMMON;
      const known = (common as Record<string, Setting>)[path.at(-1)!];
      // Readings are several, and parts of a training can be left out: 0 epochs
      if (known === undefined || ["probe", "first", "reading"].includes(path[0])) continue;
      assert.deepEqual(meaning(setting), meaning(known), `${job}: ${path.join(".")}`);
      compared++;
    }
  }
  assert.ok(compared > 40, `${compared}`);
});

/** A text for a setting that has no default. */
function usable(setting: Setting): string {
  if (setting.type === "string" || setting.type === "strings") {
    return setting.choices?.[0] ?? "text";
  }
  if (setting.type === "boolean") assert.fail("it has a default");
  return String(setting.minimum ?? setting.maximum ?? setting.above! + 1);
}

// A schema's types, where a setting may be missing
const missing: SettingsOf<typeof PREDICT>["images"] = undefined;
assert.equal(missing, undefined);
