// Called by pipelines.py: opens a pipeline that diffusers saved, and writes it again in two forms.
import { openPipeline, savePipeline } from "galaxykit/generation";

const [folder, out] = Deno.args;
const pipeline = await openPipeline(folder!);
await savePipeline(`${out}/plain`, pipeline);
await savePipeline(`${out}/fp16`, pipeline, { variant: "fp16" });
