/**
 * Layers without parameters that act on each value.
 *
 * @module
 */

import { gelu, quickGelu, relu, relu6, silu, type tf } from "../tensorflow/mod.ts";
import { Layer } from "./module.ts";

/** max(x, 0). */
export class ReLU extends Layer {
  call(x: tf.Tensor): tf.Tensor {
    return relu(x);
  }
}

/** min(max(x, 0), 6). */
export class ReLU6 extends Layer {
  call(x: tf.Tensor): tf.Tensor {
    return relu6(x);
  }
}

/** x · Φ(x), or its approximation by tanh. */
export class GELU extends Layer {
  readonly #approximate: "none" | "tanh";

  constructor({ approximate = "none" }: {
    /** @default {"none"} */
    approximate?: "none" | "tanh";
  } = {}) {
    super();
    this.#approximate = approximate;
  }

  call(x: tf.Tensor): tf.Tensor {
    return gelu(x, { approximate: this.#approximate });
  }
}

/** x · sigmoid(1.702 x): what OpenAI's CLIP has for GELU. */
export class QuickGELU extends Layer {
  call(x: tf.Tensor): tf.Tensor {
    return quickGelu(x);
  }
}

/** x · sigmoid(x). */
export class SiLU extends Layer {
  call(x: tf.Tensor): tf.Tensor {
    return silu(x);
  }
}

/** x. */
export class Identity extends Layer {
  call(x: tf.Tensor): tf.Tensor {
    return x;
  }
}

/** [batch, ...] to [batch, all the rest]. */
export class Flatten extends Layer {
  call(x: tf.Tensor): tf.Tensor {
    return x.reshape([x.shape[0]!, -1]);
  }
}
