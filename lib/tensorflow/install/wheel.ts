/**
 * The official wheels that hold TensorFlow's C library: which one this machine needs, and pip's
 * arguments for it.
 *
 * @module
 */

import type { Wheels } from "../../wheels.ts";
import { TENSORFLOW_VERSION } from "./library.ts";

const LINUX_TAGS = ["manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014"];

/** The shared libraries, CUDA's, and the metadata that tells version and sizes. */
const WANTED =
  "tensorflow/libtensorflow_[^/]*|nvidia/.*|tensorflow(_cpu)?-[^/]*[.]dist-info/(METADATA|RECORD)";

/**
 * The wheel for this machine. Sizes are those of the pinned release.
 *
 * @param options.gpu With CUDA and cuDNN. @default {false}
 * @throws {Error} When TensorFlow publishes none
 */
export function wheelFor(
  options: { gpu?: boolean; os?: string; arch?: string } = {},
): Wheels {
  const { gpu = false, os = Deno.build.os, arch = Deno.build.arch } = options;
  const system = `${os} ${arch}`;
  const platforms = os === "darwin"
    ? ["macosx_12_0_arm64"]
    : LINUX_TAGS.map((tag) => `${tag}_${arch}`);
  const release = (name: string, sizes: { download: number; unpacked: number }): Wheels => ({
    what: `TensorFlow ${TENSORFLOW_VERSION}`,
    requirement: `${name}==${TENSORFLOW_VERSION}`,
    arguments: ({ version }) => pipArguments({ python: version, platforms, dependencies: gpu }),
    wanted: WANTED,
    ...sizes,
    again: "deno task setup",
  });
  if (gpu) {
    if (system !== "linux x86_64") {
      throw new Error(
        `Cannot install TensorFlow ${TENSORFLOW_VERSION} for a GPU on ${system}: its wheels have CUDA for linux x86_64 only`,
      );
    }
    return release("tensorflow[and-cuda]", { download: 3.4e9, unpacked: 5.7e9 });
  }
  switch (system) {
    case "linux x86_64":
      return release("tensorflow-cpu", { download: 274e6, unpacked: 855e6 });
    case "linux aarch64":
      return release("tensorflow", { download: 282e6, unpacked: 885e6 });
    case "darwin aarch64":
      return release("tensorflow", { download: 223e6, unpacked: 743e6 });
  }
  throw new Error(
    `Cannot install TensorFlow ${TENSORFLOW_VERSION} on ${system}: ` +
      "its wheels hold the C library for linux x86_64, linux aarch64 and darwin aarch64" +
      (os === "windows" ? "; use WSL" : ""),
  );
}

/**
 * Which wheels pip may take. The tags are spelled out, so that a Python for which TensorFlow has no
 * wheel (3.9, 3.14) fetches one too: the library inside is the same.
 */
function pipArguments(
  { python, platforms, dependencies }: {
    python: string;
    platforms: readonly string[];
    dependencies: boolean;
  },
): string[] {
  const minor = python.match(/^3\.(1[0-3])\./)?.[1] ?? "12";
  return [
    ...(dependencies ? [] : ["--no-deps"]),
    ...["--python-version", `3.${minor}`, "--implementation", "cp", "--abi", `cp3${minor}`],
    // numpy and others build one wheel for several releases, or for none.
    ...(dependencies ? ["--abi", "abi3", "--abi", "none"] : []),
    ...platforms.flatMap((platform) => ["--platform", platform]),
  ];
}
