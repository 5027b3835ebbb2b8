"""What Python's TensorFlow gives for the ops of lib/tensorflow/kernels, edges included.

    python -m pip install tensorflow-cpu==2.21.0
    python tests/reference/kernels.py       (writes kernels.json beside this file)
"""

import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

NAN, INF = float("nan"), float("inf")
raw = tf.raw_ops
cases = []


def plain(value):
    """Numbers as JSON has them, and the others as texts."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, float) and not np.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return value


def stored(tensor):
    array = np.asarray(tensor)
    dtype = {"int64": "int32", "object": "string"}.get(array.dtype.name, array.dtype.name)
    values = [plain(value) for value in array.reshape(-1).tolist()]
    return {"dtype": dtype, "shape": list(array.shape), "values": values}


def case(kernel, compute, inputs, **options):
    """Adds a case: the inputs, and what comes out or is said."""
    entry = {
        "kernel": kernel,
        "inputs": {
            name: [stored(part) for part in value] if isinstance(value, list) else stored(value)
            for name, value in inputs.items()
        },
        "options": {name: plain(value) for name, value in options.items()},
    }
    try:
        outputs = compute(**inputs, **options)
        outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
        entry["outputs"] = [stored(output) for output in outputs]
    except tf.errors.InvalidArgumentError as error:
        words = error.message.split("}} ", 1)[-1].split(" [Op:")[0]
        entry["error"] = words
    cases.append(entry)


def ints(*values, shape=None):
    return tf.constant(values, tf.int32, shape)


def floats(*values, shape=None):
    return tf.constant(values, tf.float32, shape)


def texts(*values, shape=None):
    return tf.constant(values, tf.string, shape if values else [0])


# Whole numbers.

def bitwise_and(a, b):
    return tf.bitwise.bitwise_and(a, b)

case("BitwiseAnd", bitwise_and, {"a": ints(-1, 2**31 - 1, -(2**31), 12), "b": ints(255, -2, -1, 10)})
case("BitwiseAnd", bitwise_and, {"a": ints(shape=[0, 3]), "b": ints(shape=[0, 3])})


def dense_bincount(x, weights, size, binaryOutput):
    return raw.DenseBincount(input=x, size=size, weights=weights, binary_output=binaryOutput)

case("DenseBincount", dense_bincount,
     {"x": ints(0, 3, 3, 7, 1), "weights": floats(1, NAN, 2, 5, -1.5)}, size=5, binaryOutput=False)
case("DenseBincount", dense_bincount,
     {"x": ints(0, 0, 2, 2, 9, 1, shape=[2, 3]), "weights": floats(shape=[0])}, size=3, binaryOutput=True)
case("DenseBincount", dense_bincount,
     {"x": ints(shape=[0]), "weights": floats(shape=[0])}, size=4, binaryOutput=False)
case("DenseBincount", dense_bincount,
     {"x": ints(1, 1, 2), "weights": ints(4, -5, 6)}, size=3, binaryOutput=False)
case("DenseBincount", dense_bincount,
     {"x": ints(1, -2, 2), "weights": floats(shape=[0])}, size=3, binaryOutput=False)


def search_sorted(sortedSequence, values, side):
    return tf.searchsorted(sortedSequence, values, side)

for side in ("left", "right"):
    case("SearchSorted", search_sorted, {
        "sortedSequence": floats(-INF, -1, -1, 0, 2, 2, 2, INF, shape=[1, 8]),
        "values": floats(-INF, -2, -1, 0, 1, 2, INF, NAN, shape=[1, 8]),
    }, side=side)
    case("SearchSorted", search_sorted, {
        "sortedSequence": ints(-(2**31), 5, 5, 9, 1, 2, 3, 4, shape=[2, 4]),
        "values": ints(5, -(2**31), 2**31 - 1, 0, 9, 3, shape=[2, 3]),
    }, side=side)
    case("SearchSorted", search_sorted,
         {"sortedSequence": floats(1, shape=[1, 1]), "values": floats(0, 1, 2, 1, shape=[1, 4])}, side=side)

# Ragged.


def ragged_gather(paramsNestedSplits, paramsDenseValues, indices, outputRaggedRank):
    splits, values = raw.RaggedGather(
        params_nested_splits=paramsNestedSplits, params_dense_values=paramsDenseValues,
        indices=indices, OUTPUT_RAGGED_RANK=outputRaggedRank)
    return [*splits, values]

case("RaggedGather", ragged_gather, {
    "paramsNestedSplits": [ints(0, 2, 2, 5)], "paramsDenseValues": floats(NAN, 1, 2, 3, INF),
    "indices": ints(2, 1, 2, 0)}, outputRaggedRank=1)
case("RaggedGather", ragged_gather, {
    "paramsNestedSplits": [ints(0, 2, 3), ints(0, 1, 1, 4)],
    "paramsDenseValues": tf.reshape(tf.range(8), [4, 2]),
    "indices": ints(1, 0, 1, 1, shape=[2, 2])}, outputRaggedRank=3)
case("RaggedGather", ragged_gather, {
    "paramsNestedSplits": [ints(0, 2, 2, 5)], "paramsDenseValues": floats(0, 1, 2, 3, 4),
    "indices": ints(shape=[0])}, outputRaggedRank=1)
case("RaggedGather", ragged_gather, {
    "paramsNestedSplits": [ints(0, 2, 2, 5)], "paramsDenseValues": floats(0, 1, 2, 3, 4),
    "indices": ints(0, -1)}, outputRaggedRank=1)


def ragged_range(starts, limits, deltas):
    return raw.RaggedRange(starts=starts, limits=limits, deltas=deltas, Tsplits=tf.int32)

case("RaggedRange", ragged_range,
     {"starts": ints(0, 5, -3), "limits": ints(4, 5, -9), "deltas": ints(3, 1, -2)})
case("RaggedRange", ragged_range,
     {"starts": floats(0.5, shape=[]), "limits": floats(1.5, -1, 3), "deltas": floats(0.25, shape=[])})
case("RaggedRange", ragged_range,
     {"starts": ints(shape=[0]), "limits": ints(shape=[0]), "deltas": ints(shape=[0])})
case("RaggedRange", ragged_range, {"starts": floats(0), "limits": floats(NAN), "deltas": floats(1)})
case("RaggedRange", ragged_range, {"starts": floats(0), "limits": floats(1), "deltas": floats(0)})


def ragged_to_tensor(shape, values, defaultValue, rowPartitionTensors, rowPartitionTypes):
    return raw.RaggedTensorToTensor(
        shape=shape, values=values, default_value=defaultValue,
        row_partition_tensors=rowPartitionTensors, row_partition_types=rowPartitionTypes)

case("RaggedTensorToTensor", ragged_to_tensor, {
    "shape": ints(3, 2), "values": floats(1, NAN, 3, 4), "defaultValue": floats(-1, shape=[]),
    "rowPartitionTensors": [ints(0, 3, 3, 4)]}, rowPartitionTypes=["ROW_SPLITS"])
case("RaggedTensorToTensor", ragged_to_tensor, {
    "shape": ints(-1, -1), "values": ints(-5, 2**31 - 1, 7), "defaultValue": ints(-1, shape=[]),
    "rowPartitionTensors": [ints(4, shape=[]), ints(0, 2, 2)]},
    rowPartitionTypes=["FIRST_DIM_SIZE", "VALUE_ROWIDS"])
case("RaggedTensorToTensor", ragged_to_tensor, {
    "shape": ints(-1, 3), "values": floats(shape=[0]), "defaultValue": floats(7, shape=[]),
    "rowPartitionTensors": [ints(0, 0)]}, rowPartitionTypes=["ROW_SPLITS"])
case("RaggedTensorToTensor", ragged_to_tensor, {
    "shape": ints(-1, -1), "values": floats(1, 2), "defaultValue": floats(0, shape=[]),
    "rowPartitionTensors": [ints(0, 2)]}, rowPartitionTypes=["ROW_LENGTHS_OF_MINE"])

# Sparse.


def wide(tensor):
    return tf.cast(tensor, tf.int64)


def fill_empty_rows(indices, values, denseShape, defaultValue):
    return raw.SparseFillEmptyRows(
        indices=wide(indices), values=values, dense_shape=wide(denseShape), default_value=defaultValue)

case("SparseFillEmptyRows", fill_empty_rows, {
    "indices": ints(3, 0, 1, 2, 1, 0, shape=[3, 2]), "values": floats(5, NAN, -2),
    "denseShape": ints(5, 3), "defaultValue": floats(-1, shape=[])})
case("SparseFillEmptyRows", fill_empty_rows, {
    "indices": ints(shape=[0, 2]), "values": ints(shape=[0]), "denseShape": ints(2, 2),
    "defaultValue": ints(-7, shape=[])})
case("SparseFillEmptyRows", fill_empty_rows, {
    "indices": ints(7, 0, shape=[1, 2]), "values": floats(5), "denseShape": ints(5, 3),
    "defaultValue": floats(0, shape=[])})


def sparse_reshape(inputIndices, inputShape, newShape):
    return raw.SparseReshape(
        input_indices=wide(inputIndices), input_shape=wide(inputShape), new_shape=wide(newShape))

case("SparseReshape", sparse_reshape, {
    "inputIndices": ints(0, 1, 2, 1, 2, 0, shape=[2, 3]), "inputShape": ints(2, 3, 4),
    "newShape": ints(4, -1)})
case("SparseReshape", sparse_reshape, {
    "inputIndices": ints(shape=[0, 2]), "inputShape": ints(3, 4), "newShape": ints(-1)})
case("SparseReshape", sparse_reshape, {
    "inputIndices": ints(0, 1, shape=[1, 2]), "inputShape": ints(3, 4), "newShape": ints(5, -1)})

for kernel, op in (("SparseSegmentMean", tf.sparse.segment_mean), ("SparseSegmentSum", tf.sparse.segment_sum)):

    def segments(data, indices, segmentIds, op=op):
        return op(data, indices, segmentIds)

    case(kernel, segments, {
        "data": floats(1, NAN, 3, -4, 5, INF, shape=[3, 2]), "indices": ints(2, 0, 0),
        "segmentIds": ints(0, 0, 3)})
    case(kernel, segments, {
        "data": floats(1, 2), "indices": ints(shape=[0]), "segmentIds": ints(shape=[0])})
    case(kernel, segments, {
        "data": floats(1, 2), "indices": ints(1, 2), "segmentIds": ints(0, 0)})
case("SparseSegmentSum", segments, {
    "data": ints(2**31 - 1, -7, 5), "indices": ints(1, 2, 1), "segmentIds": ints(1, 1, 1)})

# Text.


def n_grams(data, dataSplits, separator, nGramWidths, leftPad, rightPad, padWidth, preserveShortSequences):
    return raw.StringNGrams(
        data=data, data_splits=dataSplits, separator=separator, ngram_widths=nGramWidths,
        left_pad=leftPad, right_pad=rightPad, pad_width=padWidth,
        preserve_short_sequences=preserveShortSequences)

case("StringNGrams", n_grams, {"data": texts("é", "中", "", "d"), "dataSplits": ints(0, 3, 3, 4)},
     separator="·", nGramWidths=[2, 1], leftPad="<", rightPad="星", padWidth=1,
     preserveShortSequences=False)
case("StringNGrams", n_grams, {"data": texts("a", "b", "c"), "dataSplits": ints(0, 2, 3)},
     separator="", nGramWidths=[4], leftPad="", rightPad="", padWidth=0, preserveShortSequences=True)
case("StringNGrams", n_grams, {"data": texts("a", "b", "c"), "dataSplits": ints(0, 4, 3)},
     separator="", nGramWidths=[1], leftPad="", rightPad="", padWidth=0, preserveShortSequences=True)


def string_split(input, delimiter, skipEmpty):
    return raw.StringSplit(input=input, delimiter=delimiter, skip_empty=skipEmpty)

case("StringSplit", string_split,
     {"input": texts("a,,é", "", ",中"), "delimiter": tf.constant(",")}, skipEmpty=False)
case("StringSplit", string_split,
     {"input": texts("a, b", "  "), "delimiter": tf.constant(", ")}, skipEmpty=True)
case("StringSplit", string_split, {"input": texts(), "delimiter": tf.constant(",")}, skipEmpty=True)


def hash_bucket(input, numBuckets):
    return tf.strings.to_hash_bucket_fast(input, numBuckets)

case("StringToHashBucketFast", hash_bucket,
     {"input": texts("", "é中", "galaxy" * 20, "a", shape=[2, 2])}, numBuckets=2**31)
case("StringToHashBucketFast", hash_bucket, {"input": texts()}, numBuckets=3)

# Images.


def transform(image, transforms, interpolation, fillMode, fillValue, outputShape):
    return raw.ImageProjectiveTransformV3(
        images=image, transforms=transforms, output_shape=outputShape, fill_value=fillValue,
        interpolation=interpolation.upper(), fill_mode=fillMode.upper())

random = np.random.default_rng(3)
image = tf.constant(random.normal(size=[2, 4, 5, 2]).round(3), tf.float32)
turns = floats(0.8, 0.3, -1, -0.3, 0.9, 0.5, 0, 0, 1, 0, 0.4, 0.1, 1.2, -1.3, 0.05, -0.02, shape=[2, 8])
for interpolation in ("nearest", "bilinear"):
    for fill in ("constant", "reflect", "wrap", "nearest"):
        case("Transform", transform, {"image": image, "transforms": turns},
             interpolation=interpolation, fillMode=fill, fillValue=-3.5, outputShape=[3, 6])
case("Transform", transform, {
    "image": floats(1, NAN, 3, 4, shape=[1, 2, 2, 1]),
    "transforms": floats(1, 0, 0.25, 0, 1, 0, 0, 0, shape=[1, 8])},
    interpolation="bilinear", fillMode="constant", fillValue=0.0, outputShape=[2, 2])
case("Transform", transform, {
    "image": floats(shape=[0, 2, 2, 1]), "transforms": floats(1, 0, 0, 0, 1, 0, 0, 0, shape=[1, 8])},
    interpolation="nearest", fillMode="constant", fillValue=0.0, outputShape=[2, 2])

def max_pool_with_argmax(x, filterSize, strides, pad, includeBatchInIndex):
    return tf.nn.max_pool_with_argmax(
        x, filterSize, strides, pad.upper(), include_batch_in_index=includeBatchInIndex)

for pad in ("valid", "same"):
    case("MaxPoolWithArgmax", max_pool_with_argmax, {"x": image},
         filterSize=[2, 3], strides=[1, 2], pad=pad, includeBatchInIndex=pad == "same")

# Other types and forms.

case("LeakyRelu", lambda x: tf.nn.leaky_relu(x), {"x": ints(-5, 0, 2**24, -(2**24))})
case("LeakyRelu", lambda x: tf.nn.leaky_relu(x), {"x": ints(shape=[0])})
case("ScatterNd", lambda indices, updates, shape: tf.scatter_nd(indices[:, None], updates, shape),
     {"indices": ints(4, 0, 4), "updates": floats(1, NAN, 2)}, shape=[6])
case("ScatterNd", lambda indices, updates, shape: tf.scatter_nd(indices[:, None], updates, shape),
     {"indices": ints(1, 6), "updates": floats(1, 2)}, shape=[6])
case("Einsum", lambda x, y, equation: tf.einsum(equation, x, y),
     {"x": image[0], "y": image[1]}, equation="abc,abd->dc")
case("Einsum", lambda x, y, equation: tf.einsum(equation, x, y),
     {"x": image[0], "y": image[1]}, equation="...c,...d->...cd")

with open(os.path.join(os.path.dirname(__file__), "kernels.json"), "w") as file:
    document = {"generator": f"TensorFlow {tf.__version__}", "cases": cases}
    json.dump(document, file, ensure_ascii=False, separators=(",", ":"))
    file.write("\n")
