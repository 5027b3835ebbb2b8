/**
 * Text.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { attribute, rawOp } from "../raw.ts";
import { checkWhole, registerKernel, toInt32 } from "./kernel.ts";

type NGrams = {
  separator: string;
  nGramWidths: number[];
  leftPad: string;
  rightPad: string;
  padWidth: number;
  preserveShortSequences: boolean;
};

/** Registers the kernels of this file. */
export function registerText(): void {
  registerKernel<{ data: tf.Tensor; dataSplits: tf.Tensor }, NGrams>(
    tf.StringNGrams,
    ({ inputs: { data, dataSplits }, attrs }) =>
      rawOp("StringNGrams", [data, dataSplits], {
        attributes: {
          separator: attribute.string(attrs.separator),
          ngram_widths: attribute.int(attrs.nGramWidths),
          left_pad: attribute.string(attrs.leftPad),
          right_pad: attribute.string(attrs.rightPad),
          pad_width: attribute.int(attrs.padWidth),
          preserve_short_sequences: attribute.bool(attrs.preserveShortSequences),
        },
        outputs: 2,
      }),
  );

  registerKernel<{ input: tf.Tensor; delimiter: tf.Tensor }, { skipEmpty: boolean }>(
    tf.StringSplit,
    ({ inputs: { input, delimiter }, attrs: { skipEmpty } }) => {
      const [indices, values, shape] = rawOp("StringSplit", [input, delimiter], {
        attributes: { skip_empty: attribute.bool(skipEmpty) },
        outputs: 3,
      });
      return [toInt32(indices), values!, toInt32(shape!)];
    },
  );

  registerKernel<{ input: tf.Tensor }, { numBuckets: number }>(
    tf.StringToHashBucketFast,
    ({ inputs: { input }, attrs: { numBuckets } }) => {
      // More, and their numbers do not fit into int32.
      checkWhole("stringToHashBucketFast", { numBuckets }, { least: 1, most: 2 ** 31 });
      return toInt32(
        rawOp("StringToHashBucketFast", [input], {
          attributes: { num_buckets: attribute.int(numBuckets) },
        })[0],
      );
    },
  );
}
