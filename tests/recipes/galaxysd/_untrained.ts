/**
 * A model that has learnt nothing, in a folder as a training leaves one.
 *
 * @module
 */

import { join } from "node:path";
import { openSurvey, voteConditions } from "galaxykit/data";
import { fitPatchCodec } from "galaxykit/models";
import { saveGalaxyPipeline } from "galaxykit/recipes";
import { key } from "galaxykit/tensorflow";
import { captionTokenizer, newModel } from "../../../lib/recipes/galaxysd/model.ts";
import { temporaryFolder } from "../../temporary.ts";

/** Its folder. */
export async function untrained(): Promise<string> {
  const survey = openSurvey("data/sky");
  const { images } = await survey.images({ size: 32, targets: [] });
  const { codec } = fitPatchCodec(images!, { size: 32 });
  const tokenizer = captionTokenizer(["sdss, ring galaxy, dust lane"]);
  const model = newModel({ networks: "tiny", width: undefined, told: "both" }, {
    ...{ key: key(1), codec, tokenizer },
  });
  const folder = join(temporaryFolder(), "pipeline");
  await saveGalaxyPipeline(folder, model, { layout: voteConditions(survey).layout });
  return folder;
}
