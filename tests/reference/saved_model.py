"""Fixture for tests/tensorflow/saved_model_test.ts: a saved model with a text and an int64 input.

    python tests/reference/saved_model.py         writes saved_model/ beside this file

Made with tensorflow 2.21.0.
"""

import shutil
from pathlib import Path

import tensorflow as tf

folder = Path(__file__).parent / "saved_model"


class Labels(tf.Module):
    """Numbers texts: ["é", "中"], 2 gives ["é2", "中2"], and twice the number."""

    def __init__(self):
        super().__init__()
        self.two = tf.Variable(2, dtype=tf.int64)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="texts"),
                                  tf.TensorSpec([], tf.int64, name="number")])
    def __call__(self, texts, number):
        return {"labels": tf.strings.join([texts, tf.strings.as_string(number)]),
                "twice": self.two * number}


shutil.rmtree(folder, ignore_errors=True)
tf.saved_model.save(Labels(), str(folder), options=tf.saved_model.SaveOptions(save_debug_info=False))
(folder / "fingerprint.pb").unlink()
shutil.rmtree(folder / "assets")
