/**
 * The official wheels that hold TensorFlow's C library: which one this machine needs, pip's
 * arguments for it, and how it is unpacked.
 *
 * @module
 */

import { TENSORFLOW_VERSION } from "./library.ts";

/** What is fetched for one kind of machine. Sizes are those of the pinned release, in bytes. */
export type Wheel = {
  /** What pip is asked for. */
  requirement: string;
  /** Platform tags that this machine accepts. */
  platforms: string[];
  /** Whether the packages that it depends on are fetched too. */
  dependencies: boolean;
  download: number;
  unpacked: number;
};

const LINUX_TAGS = ["manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014"];

/**
 * The wheel for this machine.
 *
 * @param options.gpu With CUDA and cuDNN. @default {false}
 * @throws {Error} When TensorFlow publishes none
 */
export function wheelFor(options: { gpu?: boolean; os?: string; arch?: string } = {}): Wheel {
  const { gpu = false, os = Deno.build.os, arch = Deno.build.arch } = options;
  const system = `${os} ${arch}`;
  const platforms = os === "darwin"
    ? ["macosx_12_0_arm64"]
    : LINUX_TAGS.map((tag) => `${tag}_${arch}`);
  const plain = { platforms, dependencies: false };
  if (gpu) {
    if (system !== "linux x86_64") {
      throw new Error(
        `Cannot install TensorFlow ${TENSORFLOW_VERSION} for a GPU on ${system}: its wheels have CUDA for linux x86_64 only`,
      );
    }
    const requirement = `tensorflow[and-cuda]==${TENSORFLOW_VERSION}`;
    return { requirement, platforms, dependencies: true, download: 3.4e9, unpacked: 5.7e9 };
  }
  switch (system) {
    case "linux x86_64": {
      const requirement = `tensorflow-cpu==${TENSORFLOW_VERSION}`;
      return { ...plain, requirement, download: 274e6, unpacked: 855e6 };
    }
    case "linux aarch64": {
      const requirement = `tensorflow==${TENSORFLOW_VERSION}`;
      return { ...plain, requirement, download: 282e6, unpacked: 885e6 };
    }
    case "darwin aarch64": {
      const requirement = `tensorflow==${TENSORFLOW_VERSION}`;
      return { ...plain, requirement, download: 223e6, unpacked: 743e6 };
    }
  }
  throw new Error(
    `Cannot install TensorFlow ${TENSORFLOW_VERSION} on ${system}: ` +
      "its wheels hold the C library for linux x86_64, linux aarch64 and darwin aarch64" +
      (os === "windows" ? "; use WSL" : ""),
  );
}

/**
 * Arguments of `python3` that download the wheel. The tags are spelled out, so that a Python for
 * which TensorFlow has no wheel (3.9, 3.14) fetches one too: the library inside is the same.
 */
export function pipArguments(
  wheel: Wheel,
  options: { python: string; folder: string },
): string[] {
  const minor = options.python.match(/^3\.(1[0-3])\./)?.[1] ?? "12";
  return [
    ...["-m", "pip", "download", wheel.requirement, "--dest", options.folder],
    ...(wheel.dependencies ? [] : ["--no-deps"]),
    "--only-binary=:all:",
    ...["--python-version", `3.${minor}`, "--implementation", "cp", "--abi", `cp3${minor}`],
    // numpy and others build one wheel for several releases, or for none.
    ...(wheel.dependencies ? ["--abi", "abi3", "--abi", "none"] : []),
    ...wheel.platforms.flatMap((platform) => ["--platform", platform]),
    // Fail within a minute when there is no network; older pips hold what they cache in memory.
    ...["--retries", "1", "--timeout", "15", "--no-cache-dir"],
    ...["--no-input", "--disable-pip-version-check", "--progress-bar", "off"],
  ];
}

/** The settings that would make `pip download` refuse, or write elsewhere. */
export const PIP_ENVIRONMENT = {
  PIP_REQUIRE_VIRTUALENV: "0",
  PIP_USER: "0",
  PYTHONUNBUFFERED: "1",
};

/**
 * A phrase for a failed pip run.
 *
 * @param output What it wrote
 * @param requirement What it was asked for
 */
export function pipFailure(output: string, requirement: string): string {
  const lines = output.trim().split("\n");
  const error = lines.findLast((line) => /^\s*(ERROR|[A-Za-z.]*Error):/.test(line)) ??
    lines.at(-1)!;
  if (/No space left on device/.test(output)) return "the disk is full";
  if (/DO NOT MATCH THE HASHES|Bad CRC-32|BadZipFile|is invalid\./.test(output)) {
    return `the wheel of ${requirement} is corrupt (${error.replace(/^\s*ERROR: /, "").trim()})`;
  }
  const broken = output.match(/connection broken by '(\w+)/) ??
    output.match(/(ReadTimeoutError|IncompleteRead|ProtocolError|ConnectionResetError)/);
  if (broken) {
    return `pip cannot reach the package index (${
      broken[1]
    }); check the network, or name a mirror in PIP_INDEX_URL`;
  }
  if (/No matching distribution found/.test(output)) {
    return `the package index has no ${requirement} for this machine`;
  }
  return `pip failed (${error.replace(/^\s*ERROR: /, "").trim()})`;
}

/**
 * A Python program: unpacks the shared libraries (and the metadata that tells their version and
 * sizes) of wheels into a folder, each file checked against the SHA-256 in the wheel's list, and
 * flushed to disk. A wheel is removed once it is unpacked. Arguments: the folder, the wheels.
 */
export const UNPACK = `
import base64, csv, hashlib, os, re, sys, zipfile
WANTED = re.compile(r"tensorflow/libtensorflow_[^/]*|nvidia/.*|tensorflow(_cpu)?-[^/]*[.]dist-info/METADATA")
target, wheels = sys.argv[1], sys.argv[2:]

def unpack(archive):
    record = next((name for name in archive.namelist() if name.endswith(".dist-info/RECORD")), None)
    if record is None:
        raise ValueError("it has no RECORD")
    text = archive.read(record).decode()
    if re.match("tensorflow(_cpu)?-", record):
        os.makedirs(os.path.dirname(os.path.join(target, record)), exist_ok=True)
        with open(os.path.join(target, record), "w") as file:
            file.write(text)
    for name, wanted, _ in csv.reader(text.splitlines()):
        if not WANTED.fullmatch(name) or ".." in name.split("/"):
            continue
        path = os.path.join(target, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        digest = hashlib.sha256()
        with archive.open(name) as source, open(path, "wb") as file:
            for chunk in iter(lambda: source.read(1 << 20), b""):
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        found = "sha256=" + base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
        if found != wanted:
            raise ValueError("%s has %s, %s wanted" % (name, found, wanted))
        runs = archive.getinfo(name).external_attr >> 16 & 0o100
        os.chmod(path, 0o755 if runs else 0o644)

for wheel in wheels:
    try:
        with zipfile.ZipFile(wheel) as archive:
            unpack(archive)
        os.remove(wheel)
    except OSError as error:
        sys.exit("cannot unpack %s (%s)" % (os.path.basename(wheel), error.strerror))
    except Exception as error:
        sys.exit("%s is corrupt (%s); run deno task setup to download it again" % (os.path.basename(wheel), error))
`;
