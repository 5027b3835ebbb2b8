/**
 * TensorFlow's saved models: load, run, delete.
 *
 * @module
 */

import { cString, pointerArray } from "./c/cstring.ts";
import type { Handle } from "./c/handles.ts";
import { runtime } from "./c/runtime.ts";

type SavedModel = { session: Deno.PointerValue; graph: Deno.PointerValue };

/** All loaded saved models, by number. */
export class SavedModels {
  readonly #models = new Map<number, SavedModel>();
  #next = 1;

  /** How many are loaded. */
  get count(): number {
    return this.#models.size;
  }

  /**
   * Loads a saved model.
   *
   * @param folder The folder that holds `saved_model.pb`
   * @param tags Which of its graphs, such as `["serve"]`
   * @throws {TensorFlowError} When the folder holds none, or not with these tags
   */
  load(folder: string, tags: readonly string[]): number {
    const { c, status } = runtime();
    const graph = c.TF_NewGraph();
    const options = c.TF_NewSessionOptions();
    const names = tags.map(cString);
    const session = c.TF_LoadSessionFromSavedModel(
      options,
      null,
      cString(folder),
      pointerArray(names),
      names.length,
      graph,
      null,
      status.pointer,
    );
    c.TF_DeleteSessionOptions(options);
    if (session === null) c.TF_DeleteGraph(graph);
    status.check(() => `Cannot load the saved model "${folder}" with tags ${tags.join(",")}`);
    this.#models.set(this.#next, { session, graph });
    return this.#next++;
  }

  /**
   * Runs a saved model.
   *
   * @param names Outputs of ops, as `name:index`, of the inputs in their order and of the outputs
   * @throws {RangeError} For an unknown model or op
   * @throws {TensorFlowError} When it fails to run
   */
  run(
    id: number,
    inputs: readonly Handle[],
    names: { inputs: readonly string[]; outputs: readonly string[] },
  ): Handle[] {
    const { c, status } = runtime();
    const model = this.#get(id);
    if (names.inputs.length !== inputs.length) {
      // deno-lint-ignore galaxykit/error-message -- tfjs's own words
      throw new RangeError(
        `Length of input op names (${names.inputs.length}) does not match the length of input tensors (${inputs.length}).`,
      );
    }
    const feeds = this.#outputs(model, names.inputs);
    const fetches = this.#outputs(model, names.outputs);
    const tensors = inputs.map((handle) => {
      const tensor = c.TFE_TensorHandleResolve(handle.pointer, status.pointer);
      status.check(() => "Cannot read an input of a saved model");
      return tensor;
    });
    const addresses = BigUint64Array.from(tensors, (tensor) => Deno.UnsafePointer.value(tensor));
    const values = new BigUint64Array(names.outputs.length);
    c.TF_SessionRun(
      model.session,
      null,
      feeds,
      addresses,
      tensors.length,
      fetches,
      values,
      values.length,
      null,
      0,
      null,
      status.pointer,
    );
    for (const tensor of tensors) c.TF_DeleteTensor(tensor);
    status.check(() => `Cannot run saved model ${id}`);
    return Array.from(values, (address) => {
      const tensor = Deno.UnsafePointer.create(address);
      const pointer = c.TFE_NewTensorHandle(tensor, status.pointer);
      status.check(() => "Cannot take over an output of a saved model");
      const shape = Array.from(
        { length: c.TF_NumDims(tensor) },
        (_, axis) => Number(c.TF_Dim(tensor, axis)),
      );
      const dtype = c.TF_TensorType(tensor);
      c.TF_DeleteTensor(tensor);
      return { dtype, shape, pointer };
    });
  }

  /** Frees a saved model. @throws {RangeError} For an unknown one */
  delete(id: number): void {
    const { c, status } = runtime();
    const { session, graph } = this.#get(id);
    this.#models.delete(id);
    c.TF_CloseSession(session, status.pointer);
    c.TF_DeleteSession(session, status.pointer);
    c.TF_DeleteGraph(graph);
    status.check(() => `Cannot delete saved model ${id}`);
  }

  #get(id: number): SavedModel {
    const model = this.#models.get(id);
    if (model === undefined) {
      throw new RangeError(`Cannot find saved model ${id}: it was deleted, or never loaded`);
    }
    return model;
  }

  #outputs({ graph }: SavedModel, names: readonly string[]): Uint8Array<ArrayBuffer> {
    const { c } = runtime();
    const bytes = new Uint8Array(16 * names.length);
    const view = new DataView(bytes.buffer);
    names.forEach((name, index) => {
      const [op = "", output = "0"] = name.split(":");
      const operation = c.TF_GraphOperationByName(graph, cString(op));
      if (operation === null) {
        throw new RangeError(`Cannot find op "${op}" in the saved model`);
      }
      view.setBigUint64(16 * index, BigInt(Deno.UnsafePointer.value(operation)), true);
      view.setInt32(16 * index + 8, Number(output), true);
    });
    return bytes;
  }
}
