"""Fixture for tests/tensorflow/tfjs_node/layers_test.ts: layers of Keras, their weights and outputs.

    python tests/reference/keras_layers.py        writes keras_layers.json beside this file

Made with tensorflow 2.21.0, keras 3.15.1, numpy 2.4.6.
"""

import json
from pathlib import Path

import keras
import numpy as np
from keras import layers

IMAGE, SEQUENCE, VOLUME = (6, 6, 3), (5, 4), (4, 4, 4, 2)

# name in tfjs, its options there, input, the layer in Keras
CASES = [
    ("dense", {"units": 3, "activation": "elu"}, (5,), lambda: layers.Dense(3, activation="elu")),
    ("prelu", {}, (5,), layers.PReLU),
    ("leakyReLU", {"alpha": 0.2}, (5,), lambda: layers.LeakyReLU(negative_slope=0.2)),
    ("softmax", {}, (5,), layers.Softmax),
    ("conv1d", {"filters": 2, "kernelSize": 2, "dilationRate": 2}, SEQUENCE,
     lambda: layers.Conv1D(2, 2, dilation_rate=2)),
    ("conv2d", {"filters": 2, "kernelSize": 3, "strides": 2, "padding": "same"}, IMAGE,
     lambda: layers.Conv2D(2, 3, strides=2, padding="same")),
    ("conv2d", {"filters": 2, "kernelSize": 3, "dilationRate": 2}, IMAGE,
     lambda: layers.Conv2D(2, 3, dilation_rate=2)),
    ("conv3d", {"filters": 2, "kernelSize": 2}, VOLUME, lambda: layers.Conv3D(2, 2)),
    ("conv2dTranspose", {"filters": 2, "kernelSize": 3, "strides": 2, "padding": "same"}, IMAGE,
     lambda: layers.Conv2DTranspose(2, 3, strides=2, padding="same")),
    ("conv3dTranspose", {"filters": 2, "kernelSize": 2}, VOLUME,
     lambda: layers.Conv3DTranspose(2, 2)),
    ("depthwiseConv2d", {"kernelSize": 3, "depthMultiplier": 2}, IMAGE,
     lambda: layers.DepthwiseConv2D(3, depth_multiplier=2)),
    ("separableConv2d", {"filters": 4, "kernelSize": 3}, IMAGE,
     lambda: layers.SeparableConv2D(4, 3)),
    ("cropping2D", {"cropping": 1}, IMAGE, lambda: layers.Cropping2D(1)),
    ("zeroPadding2d", {"padding": 2}, IMAGE, lambda: layers.ZeroPadding2D(2)),
    ("upSampling2d", {"size": [2, 3]}, IMAGE, lambda: layers.UpSampling2D((2, 3))),
    ("averagePooling1d", {"poolSize": 2}, SEQUENCE, lambda: layers.AveragePooling1D(2)),
    ("maxPooling2d", {"poolSize": 3, "strides": 2, "padding": "same"}, IMAGE,
     lambda: layers.MaxPooling2D(3, 2, "same")),
    ("averagePooling2d", {"poolSize": 3, "strides": 2, "padding": "same"}, IMAGE,
     lambda: layers.AveragePooling2D(3, 2, "same")),
    ("maxPooling3d", {"poolSize": 2}, VOLUME, lambda: layers.MaxPooling3D(2)),
    ("averagePooling3d", {"poolSize": 2}, VOLUME, lambda: layers.AveragePooling3D(2)),
    ("globalAveragePooling1d", {}, SEQUENCE, layers.GlobalAveragePooling1D),
    ("globalMaxPooling2d", {}, IMAGE, layers.GlobalMaxPooling2D),
    ("batchNormalization", {}, IMAGE, layers.BatchNormalization),
    ("batchNormalization", {"axis": 1}, SEQUENCE, lambda: layers.BatchNormalization(axis=1)),
    ("layerNormalization", {}, SEQUENCE, layers.LayerNormalization),
    ("permute", {"dims": [2, 1]}, SEQUENCE, lambda: layers.Permute((2, 1))),
    ("repeatVector", {"n": 3}, (5,), lambda: layers.RepeatVector(3)),
    ("simpleRNN", {"units": 3}, SEQUENCE, lambda: layers.SimpleRNN(3)),
    ("gru", {"units": 3, "recurrentActivation": "sigmoid"}, SEQUENCE,
     lambda: layers.GRU(3, reset_after=False)),
    ("lstm", {"units": 3, "recurrentActivation": "sigmoid", "returnSequences": True}, SEQUENCE,
     lambda: layers.LSTM(3, return_sequences=True)),
    ("lstm", {"units": 3, "recurrentActivation": "sigmoid", "goBackwards": True}, SEQUENCE,
     lambda: layers.LSTM(3, go_backwards=True)),
    ("convLstm2d", {"filters": 2, "kernelSize": 3, "recurrentActivation": "sigmoid"},
     (3, 5, 5, 1), lambda: layers.ConvLSTM2D(2, 3, recurrent_activation="sigmoid")),
    ("rescaling", {"scale": 0.1, "offset": 1}, IMAGE, lambda: layers.Rescaling(0.1, 1)),
]

rng = np.random.default_rng(1)


def numbers(array):
    return [float(f"{value:.7g}") for value in np.ravel(array)]


cases = []
for name, options, shape, make in CASES:
    x = rng.normal(size=(2, *shape)).round(2).astype(np.float32)
    layer = make()
    layer.build(x.shape)
    # Variances are to be positive
    weights = [rng.uniform(0.1, 1, w.shape).round(2).astype(np.float32) for w in layer.weights]
    layer.set_weights(weights)
    y = keras.ops.convert_to_numpy(layer(x))
    cases.append({
        "layer": name, "options": options,
        "input": {"shape": list(x.shape), "values": numbers(x)},
        "weights": [{"shape": list(w.shape), "values": numbers(w)} for w in layer.get_weights()],
        "output": {"shape": list(y.shape), "values": numbers(y)},
    })
(Path(__file__).parent / "keras_layers.json").write_text(f"{json.dumps(cases)}\n")
