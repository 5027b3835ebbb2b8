import { resize } from "galaxykit/tensorflow";
import { testFixture } from "./reference.ts";

testFixture("ops_resize.safetensors", {
  resize: ({ input }, { size, mode }) => resize(input!, size, { method: mode }),
});
