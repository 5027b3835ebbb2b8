import assert from "node:assert/strict";
import { join } from "node:path";
import { denoKernel } from "../../../lib/tensorflow/install/jupyter.ts";
import { temporaryFolder } from "../../temporary.ts";

Deno.test("denoKernel() looks where Jupyter does", () => {
  const home = temporaryFolder();
  const env = { HOME: home };
  assert.equal(denoKernel(env), undefined);
  const write = (folder: string, text = '{"argv": ["/opt/deno", "jupyter"]}') => {
    Deno.mkdirSync(join(folder, "kernels", "deno"), { recursive: true });
    const path = join(folder, "kernels", "deno", "kernel.json");
    Deno.writeTextFileSync(path, text);
    return path;
  };
  const prefix = join(home, "python");
  const inPython = write(join(prefix, "share", "jupyter"));
  assert.equal(denoKernel(env), undefined);
  assert.deepEqual(denoKernel(env, { prefix }), { path: inPython, program: "/opt/deno" });
  const data = join(home, "data");
  const own = write(data, "not json");
  assert.deepEqual(denoKernel({ ...env, JUPYTER_DATA_DIR: data }, { prefix }), {
    path: own,
    program: "undefined",
  });
  const first = write(join(home, "first"));
  const path = `/nowhere:${join(home, "first")}`;
  assert.equal(denoKernel({ ...env, JUPYTER_DATA_DIR: data, JUPYTER_PATH: path })?.path, first);
});
