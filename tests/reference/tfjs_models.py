"""Fixtures for tests/tensorflow/tfjs_node: models of TensorFlow and Keras, and TensorBoard's events.

    python tests/reference/tfjs_models.py        writes tfjs_models/ beside this file

- graph/: a frozen graph in the format of tensorflowjs_converter (model.json, weights.bin)
- keras/: a Keras network as a SavedModel
- values.json: inputs, and what both give for them
- events/: scalars and histograms as TensorBoard's Python writes them; their data is in values.json

Made with tensorflow 2.21.0, keras 3.15.1, tensorboard 2.21.0, numpy 2.4.6.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf.json_format import MessageToDict
from tensorboard.plugins.histogram.summary_v2 import histogram_pb
from tensorflow.core.util.event_pb2 import Event
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

here = Path(__file__).parent / "tfjs_models"
shutil.rmtree(here, ignore_errors=True)
rng = np.random.default_rng(1)
values = {}

# A frozen graph: its constants go to weights.bin, as the converter does it.
filters = tf.Variable(rng.normal(size=(3, 3, 2, 4)).astype(np.float32))
matrix = tf.Variable(rng.normal(size=(4, 3)).astype(np.float32))


@tf.function(input_signature=[tf.TensorSpec([None, 6, 6, 2], tf.float32, name="image")])
def network(image):
    hidden = tf.nn.relu(tf.nn.conv2d(image, filters, 2, "SAME"))
    pooled = tf.reduce_mean(hidden, [1, 2])
    return {"probability": tf.nn.softmax(tf.matmul(pooled, matrix)), "pooled": pooled}


concrete = network.get_concrete_function()
frozen = convert_variables_to_constants_v2(concrete)
graph = frozen.graph.as_graph_def()
weights, content = [], b""
for node in graph.node:
    if node.op != "Const":
        continue
    array = tf.make_ndarray(node.attr["value"].tensor)
    name = {"float32": "float32", "int32": "int32"}[array.dtype.name]
    weights.append({"name": node.name, "shape": list(array.shape), "dtype": name})
    content += array.tobytes()
    node.attr["value"].tensor.ClearField("tensor_content")
    node.attr["value"].tensor.ClearField("float_val")
    node.attr["value"].tensor.ClearField("int_val")


def tensor_info(tensor):
    return {"name": tensor.name, "dtype": "DT_FLOAT",
            "tensorShape": {"dim": [{"size": str(n or -1)} for n in tensor.shape]}}


folder = here / "graph"
folder.mkdir(parents=True)
(folder / "weights.bin").write_bytes(content)
outputs = dict(zip(sorted(concrete.structured_outputs), frozen.outputs))
(folder / "model.json").write_text(json.dumps({
    "format": "graph-model",
    "generatedBy": tf.__version__,
    "convertedBy": "tests/reference/tfjs_models.py",
    "signature": {"inputs": {"image": tensor_info(frozen.inputs[0])},
                  "outputs": {name: tensor_info(tensor) for name, tensor in outputs.items()}},
    "modelTopology": MessageToDict(graph),
    "weightsManifest": [{"paths": ["weights.bin"], "weights": weights}],
}))
image = rng.normal(size=(2, 6, 6, 2)).astype(np.float32)
values["graph"] = {"image": image.ravel().tolist(),
                   **{name: np.ravel(tensor).tolist() for name, tensor in network(image).items()}}

# A Keras network as a SavedModel.
tf.keras.utils.set_random_seed(1)
model = tf.keras.Sequential([
    tf.keras.layers.Input((8, 8, 1), name="image"),
    tf.keras.layers.Conv2D(3, 3, activation="relu"),
    tf.keras.layers.BatchNormalization(),
    tf.keras.layers.Flatten(),
    tf.keras.layers.Dense(2, activation="softmax"),
])
model.export(str(here / "keras"), verbose=False)
for name in ["fingerprint.pb", "assets"]:
    path = here / "keras" / name
    path.unlink() if path.is_file() else shutil.rmtree(path, ignore_errors=True)
image = rng.normal(size=(3, 8, 8, 1)).astype(np.float32)
values["keras"] = {"image": image.ravel().tolist(), "output": model(image).numpy().ravel().tolist()}

# What TensorBoard's Python writes.
scalars = [("loss", 1, 0.75), ("loss", 2, 0.5), ("loss", 3, float("nan")), ("é", 2_000_000_000, -1.5)]
histograms = [
    ("weights", 1, rng.normal(size=100).astype(np.float32).tolist(), 10),
    ("weights", 2, rng.integers(-5, 5, size=40).tolist(), 30),
    ("weights", 3, [-1.0, 0.0, 1.0, 1.0], 2),
]
values["scalars"] = [[tag, step, str(value)] for tag, step, value in scalars]
values["histograms"] = histograms
folder = here / "events"
folder.mkdir()
with tf.io.TFRecordWriter(str(folder / "events.out.tfevents.1.reference.v2")) as writer:
    def write(**event):
        writer.write(Event(wall_time=1.5, **event).SerializeToString())

    write(file_version="brain.Event:2")
    for tag, step, value in scalars:
        Summary = tf.compat.v1.Summary
        write(step=step, summary=Summary(value=[Summary.Value(tag=tag, simple_value=value)]))
    for tag, step, data, buckets in histograms:
        # tensorboard's own message class, of the same form
        summary = histogram_pb(tag, np.array(data, np.float32), buckets).SerializeToString()
        write(step=step, summary=tf.compat.v1.Summary.FromString(summary))
(here / "values.json").write_text(f"{json.dumps(values)}\n")
