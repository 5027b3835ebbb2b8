/**
 * Gradients that tfjs lacks or gets wrong, registered as tfjs's own: whatever is made of the ops of
 * `tf` has them.
 *
 * @module
 */

import "./arithmetic.ts";
import "./convolution.ts";
import "./cumulative.ts";
import "./einsum.ts";
import "./fused.ts";
import "./gather.ts";
import "./images.ts";
import "./normalization.ts";
import "./pooling.ts";
import "./shape.ts";
import "./tape.ts";
