/** `deno task reproduce NAME [ITEM …]`: figures and tables of a paper or experiment, made again. */

import { runCommand } from "../lib/cli.ts";
import { RECIPES } from "../lib/recipes/mod.ts";
import { listItems, runRecipe } from "./_recipes.ts";

const names = RECIPES.map(({ name }) => name);
const place = Deno.args.findIndex((word) => names.includes(word));
const recipe = RECIPES[names.indexOf(Deno.args[place])];

if (recipe !== undefined && "prepare" in recipe) {
  const args = Deno.args.toSpliced(place, 1);
  await runRecipe(recipe, { task: `reproduce ${recipe.name}`, args });
}

await runCommand({
  name: "reproduce",
  summary: "Reproduce a paper or experiment, or some of its items; its name and --help show the " +
    "options.",
  words: {
    value: "NAME [ITEM …]",
    description: `one of ${names.join(", ")}, and the names of items (all if none is given)`,
  },
  options: { list: { type: "boolean", description: "show every item, and its state" } },
}, ({ list }, { words: [name] }) => {
  if (list) return console.log(listItems());
  throw new RangeError(
    name === undefined
      ? `Cannot reproduce: name one of ${names.join(", ")}; --list shows their items`
      : names.includes(name)
      ? `Cannot reproduce "${name}": there is no recipe for it yet; --list shows what there is`
      : `Cannot reproduce "${name}": it is not one of ${
        names.join(", ")
      }; --list shows their items`,
  );
});
