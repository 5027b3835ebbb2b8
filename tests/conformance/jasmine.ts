/**
 * Jasmine, which the specs are written for: its functions made global, its report handed on.
 *
 * @module
 */

/** The module `jasmine-core/lib/jasmine-core/jasmine.js`, in the part that is used here. */
export type JasmineRequire = {
  core(require: JasmineRequire): Jasmine;
  interface(jasmine: Jasmine, environment: Environment): Record<string, unknown>;
};

type Jasmine = { DEFAULT_TIMEOUT_INTERVAL: number; getEnv(): Environment };

type Environment = {
  configure(
    options: { random: boolean; specFilter(spec: { getFullName(): string }): boolean },
  ): void;
  addReporter(
    reporter: Record<"specStarted" | "specDone" | "suiteDone", (result: Result) => void>,
  ): void;
  execute(): Promise<unknown>;
};

type Result = {
  fullName: string;
  status: string;
  failedExpectations: { message: string }[];
};

/** What happens to the specs, as it happens. */
export type SpecEvent =
  | { event: "started" | "passed" | "pending"; name: string }
  | { event: "failed"; name: string; message: string };

/** Which specs run. */
export type Selection = {
  /** Only those with this in their names. */
  filter: string;
};

/**
 * Makes `describe`, `it`, `expect` … global.
 *
 * @param report Called for each event
 * @returns A function that runs the specs defined by then, in their order
 */
export function openJasmine(
  jasmineRequire: JasmineRequire,
  { filter, report }: Selection & { report: (event: SpecEvent) => void },
): () => Promise<unknown> {
  const jasmine = jasmineRequire.core(jasmineRequire);
  const environment = jasmine.getEnv();
  const functions = jasmineRequire.interface(jasmine, environment);
  // What the authors switched off runs, too.
  Object.assign(globalThis, functions, { xit: functions.it, xdescribe: functions.describe });
  jasmine.DEFAULT_TIMEOUT_INTERVAL = 60_000;
  const selected = new Set<string>();
  environment.configure({
    random: false,
    specFilter(spec) {
      const name = spec.getFullName();
      if (!name.includes(filter)) return false;
      selected.add(name);
      return true;
    },
  });
  environment.addReporter({
    specStarted({ fullName: name }) {
      if (selected.has(name)) report({ event: "started", name });
    },
    specDone({ fullName: name, status, failedExpectations }) {
      if (!selected.has(name)) return;
      if (status === "failed") report({ event: "failed", name, message: join(failedExpectations) });
      else report({ event: status === "passed" ? "passed" : "pending", name });
    },
    // What failed before or after the specs of a suite.
    suiteDone({ fullName: name, failedExpectations }) {
      if (failedExpectations.length > 0) {
        report({ event: "failed", name, message: join(failedExpectations) });
      }
    },
  });
  return () => environment.execute();
}

function join(failures: readonly { message: string }[]): string {
  return failures.map(({ message }) => message).join("; ");
}
