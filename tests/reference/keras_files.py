"""Fixtures for tests/weights/keras_test.ts: one small network in every layout that Keras writes, and
EfficientNet's names in the two of them that differ.

    python -m pip install tensorflow==2.21.0 keras==3.15.1 tf_keras==2.21.0 safetensors==0.8.0
    python tests/reference/keras_files.py

Writes beside itself keras2.h5 (a trained model, Keras 2), keras2_weights.h5, keras2.weights.h5,
keras3.h5, keras3.weights.h5 and keras3.keras (a trained model), all of the same values, with them in
keras.safetensors; keras3_bfloat16.weights.h5, a layer of bfloat16; keras_efficientnet.json: the groups of EfficientNetB0 and B1 in a .weights.h5 of
either, and which layer each is.
"""

import json
import os
import sys
from pathlib import Path

sys.path.pop(0)  # safetensors.py beside this file would hide the library
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import keras
import numpy as np
import tf_keras
from safetensors.numpy import save_file

here = Path(__file__).parent


def build(library):
    layers = library.layers
    images = x = library.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, name="stem_conv")(x)
    x = layers.BatchNormalization(name="stem_bn")(x)
    x = layers.DepthwiseConv2D(3, name="dwconv", use_bias=False)(x)
    x = layers.BatchNormalization(name="bn", scale=False)(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return library.Model(images, layers.Dense(2, name="predictions")(x))


def numbered(library, variant):
    """The layer of each group of a file: its variables hold its number in the network."""
    network = getattr(library.applications, variant)(weights=None, classes=3)
    path = f"/tmp/{variant}.weights.h5"
    ids = {id(layer): index for index, layer in enumerate(network.layers)}
    for layer in network.layers:
        layer.set_weights([np.full(w.shape, ids[id(layer)], w.dtype) for w in layer.get_weights()])
    network.save_weights(path)
    names = {}
    with h5py.File(path) as file:
        def visit(name, item):
            if isinstance(item, h5py.Dataset) and name.startswith("layers/"):
                names[name.split("/")[1]] = network.layers[int(np.ravel(item)[0])].name
        file.visititems(visit)
    os.remove(path)
    return names


rng = np.random.default_rng(1)
second, third = build(tf_keras), build(keras)
values = [rng.normal(size=w.shape).astype(np.float32) for w in second.get_weights()]
names = [w.name.split(":")[0] for w in second.weights]
save_file(dict(zip(names, values)), here / "keras.safetensors")
for library, network in ((tf_keras, second), (keras, third)):
    network.compile("adam", "mse")  # So that there are an optimiser's variables, too
    network.fit(np.zeros((2, 8, 8, 3)), np.zeros((2, 2)), verbose=0)
    network.set_weights(values)
second.save(here / "keras2.h5")
second.save_weights(here / "keras2_weights.h5")
second.save_weights(here / "keras2.weights.h5")
third.save(here / "keras3.h5")
third.save_weights(here / "keras3.weights.h5")
third.save(here / "keras3.keras")

paths = {}
for version, library in (("keras2", tf_keras), ("keras3", keras)):
    for variant in ("EfficientNetB0", "EfficientNetB1"):
        paths[f"{version} {variant}"] = numbered(library, variant)
assert paths["keras2 EfficientNetB0"] == paths["keras3 EfficientNetB0"]
assert paths["keras2 EfficientNetB1"] == paths["keras3 EfficientNetB1"]
content = {name.split()[1]: value for name, value in paths.items()}
(here / "keras_efficientnet.json").write_text(json.dumps(content, indent=0) + "\n")

narrow = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, dtype="bfloat16", name="narrow")])
narrow.set_weights([np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([0.25, 100.0])])
narrow.save_weights(here / "keras3_bfloat16.weights.h5")
