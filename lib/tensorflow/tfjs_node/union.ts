/**
 * The union package of tfjs, of the packages that the engine can use: tfjs-node's files that are
 * imported after this one are given it.
 *
 * @module
 */

import * as converter from "@tensorflow/tfjs-converter";
import * as data from "@tensorflow/tfjs-data";
import * as layers from "@tensorflow/tfjs-layers";
import { tf } from "../engine.ts";
import { registerAgain } from "../gradients/register.ts";
import { provideUnion } from "../node_compat.ts";

registerAgain();
provideUnion({ ...tf, ...layers, ...converter, data });
