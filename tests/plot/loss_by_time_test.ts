import assert from "node:assert/strict";
import pl from "nodejs-polars";
import { lossByTime } from "../../lib/plot/mod.ts";
import { checkFigure } from "./_checks.ts";

const history = Array.from({ length: 6 }, (_, i) => ({
  ...{ epoch: i + 1, train_loss: 1 / (i + 2), train_loss_of_0: 2, train_loss_of_500: 1 },
  ...{ validation_loss_of_500: 0.5 / (i + 1), validation_loss_of_0: 1 / (i + 1) },
  validation_loss_of_750: i === 2 ? null : 0.4 / (i + 1),
}));

Deno.test("lossByTime() draws a curve for each stretch, of validation where there is one", async () => {
  const figure = lossByTime(history);
  await checkFigure(figure, ["0 to 499", "500 to 749", "750 to 999", "epoch", "loss, validation"]);
  const drawn = (spec: object) => JSON.stringify(spec).match(/"x":3,"value":[^,]+/g);
  assert.ok(drawn(figure.spec)!.includes('"x":3,"value":0.3333333333333333'));
  assert.equal(JSON.stringify(figure.spec).match(/"x":3,/g)!.length, 2 * 2); // Bands and lines
  const table = pl.DataFrame(history).select("epoch", "train_loss_of_0", "train_loss_of_500");
  await checkFigure(lossByTime(table), ["0 to 499", "500 to 999", "loss, training"]);
});

Deno.test("lossByTime() refuses a history without stretches of time, and NaN", () => {
  assert.throws(() => lossByTime([{ epoch: 1, train_loss: 0.7 }]), {
    message:
      "Cannot draw the loss by time: no column validation_loss_of_… or train_loss_of_… among epoch, train_loss",
  });
  assert.throws(() => lossByTime([{ epoch: 1, train_loss_of_0: NaN }]), /NaN/);
  assert.throws(() => lossByTime([]), /the history has no rows/);
});
