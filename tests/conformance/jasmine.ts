/**
 * Jasmine, which the specs are written for: its functions made global, its report handed on.
 *
 * @module
 */

/** The module `jasmine-core/lib/jasmine-core/jasmine.js`, in the part that is used here. */
export type JasmineRequire = {
  core(require: JasmineRequire): Jasmine;
  interface(jasmine: Jasmine, environment: Environment): Functions;
};

type Jasmine = { DEFAULT_TIMEOUT_INTERVAL: number; getEnv(): Environment };

/** What jasmine makes global, in the part that is used here. */
type Functions = {
  it(name: string, body?: Body, timeout?: number): unknown;
  describe: unknown;
  expect(actual: unknown): Expectation;
};

type Expectation = { [matcher: string]: unknown; not?: Expectation };

type Done = (() => void) & { fail: unknown };
type Body = (this: unknown, done: Done) => unknown;

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
  { filter, report, settle }: Selection & {
    report: (event: SpecEvent) => void;
    /** Called at the end of each spec, and of each function that is to throw. */
    settle?: () => void;
  },
): () => Promise<unknown> {
  const jasmine = jasmineRequire.core(jasmineRequire);
  const environment = jasmine.getEnv();
  const functions = jasmineRequire.interface(jasmine, environment);
  if (settle !== undefined) Object.assign(functions, settling(functions, settle));
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

/** `it` and `expect` that call `settle` at the end of the function that they are given. */
function settling({ it, expect }: Functions, settle: () => void): Pick<Functions, "it" | "expect"> {
  return {
    it: (name, body, timeout) => it(name, body && settlingBody(body, settle), timeout),
    expect(actual) {
      if (typeof actual !== "function") return expect(actual);
      const settled = expect(() => {
        const result = actual();
        settle();
        return result;
      });
      return throwing(expect(actual), settled);
    },
  };
}

/** An expectation that leaves it to another whether a function throws. */
function throwing(plain: Expectation, settled: Expectation): Expectation {
  return new Proxy(plain, {
    get(_, key) {
      if (key === "not") return throwing(plain.not!, settled.not!);
      const expectation = String(key).startsWith("toThrow") ? settled : plain;
      const value = expectation[key as string];
      return typeof value === "function" ? value.bind(expectation) : value;
    },
  });
}

/** A spec's body that calls `settle` at its end. Jasmine counts the arguments of what it is given. */
function settlingBody(body: Body, settle: () => void): Body {
  if (body.length > 0) {
    return function (done) {
      const settled = () => {
        settle();
        done();
      };
      return body.call(this, Object.assign(settled, { fail: done.fail }));
    };
  }
  return async function (this: unknown, ..._none: [Done?]) {
    await body.call(this, undefined as never);
    settle();
  };
}

function join(failures: readonly { message: string }[]): string {
  return failures.map(({ message }) => message).join("; ");
}
