// Called by safetensors.py: prints what the kit makes of each file of a folder, and writes each
// readable one again as NAME.written.
import { readSafetensors, SafetensorsError, writeSafetensors } from "galaxykit/weights";

const [folder] = Deno.args;
const verdicts: Record<string, unknown> = {};
for (const { name } of [...Deno.readDirSync(folder)]) {
  try {
    const { tensors, metadata } = readSafetensors(`${folder}/${name}`);
    verdicts[name] = Object.fromEntries(
      Object.entries(tensors).map(([key, { dtype, shape, data }]) => [
        key,
        [dtype, shape, new Uint8Array(data.buffer, data.byteOffset, data.byteLength).toHex()],
      ]),
    );
    writeSafetensors(`${folder}/${name}.written`, tensors, { metadata });
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    verdicts[name] = error.code;
  }
}
console.log(JSON.stringify(verdicts));
