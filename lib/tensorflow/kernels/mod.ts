/**
 * The kit's kernels, registered when this is imported, after tfjs-node's.
 *
 * @module
 */

import "@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js";
import { registerConvolution } from "./convolution.ts";
import { registerDepthToSpace } from "./depth_to_space.ts";
import { registerEinsum } from "./einsum.ts";
import { registerGather } from "./gather.ts";
import { registerIntegers } from "./integers.ts";
import { registerPooling } from "./pooling.ts";
import { registerRagged } from "./ragged.ts";
import { registerSampling } from "./sampling.ts";
import { registerSparse } from "./sparse.ts";
import { registerText } from "./text.ts";
import { registerTypes } from "./types.ts";
import { registerWarp } from "./warp.ts";

registerConvolution();
registerDepthToSpace();
registerEinsum();
registerGather();
registerIntegers();
registerPooling();
registerRagged();
registerSampling();
registerSparse();
registerText();
registerTypes();
registerWarp();
