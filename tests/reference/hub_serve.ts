/** The hub of the tests, for hub.py: prints its address and serves until it is ended. */

import { Hub, noise } from "../weights/hub/_hub.ts";

const hub = new Hub();
hub.put("model.safetensors", noise(300_000));
hub.put("unet/pytorch_model.bin", noise(1000, 2));
hub.put("README.md", "---\nlicense: mit\n---\n", { large: false });
console.log(hub.endpoint);
