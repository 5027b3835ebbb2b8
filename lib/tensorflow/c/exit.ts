/**
 * The end of the process while TensorFlow computes on another thread.
 *
 * C++ takes down what its libraries hold when a process ends, under the feet of the threads that
 * still use it: an uncaught error or `Deno.exit` during `jit.async` ended in a segmentation fault.
 * So the process ends at once, with its exit code, when the first of these destructors would run.
 *
 * @module
 */

let register: (() => void) | undefined;
let calls = 0;

/** Ends the process before what C++ has registered so far is taken down. */
function endBeforeDestructors(): void {
  register?.();
}

/** To be called once TensorFlow is loaded. */
export function guardExit(): void {
  // glibc alone hands the exit code on.
  if (Deno.build.os !== "linux") return;
  const { symbols } = Deno.dlopen("libc.so.6", {
    // int on_exit(void (*function)(int status, void*), void* argument)
    on_exit: { parameters: ["pointer", "pointer"], result: "i32" },
    // void _exit(int status)
    _exit: { type: "pointer" },
  });
  register = () => void symbols.on_exit(symbols._exit, null);
  endBeforeDestructors();
  // The last one registered runs first: once more for what TensorFlow registered meanwhile.
  for (const event of ["unload", "error", "unhandledrejection"]) {
    addEventListener(event, endBeforeDestructors);
  }
}

/**
 * To be called before each call on another thread. Not all ends are told to listeners, so that some
 * of the calls (the first, second, fourth, eighth …) look ahead.
 */
export function guardCall(): void {
  calls++;
  if (Number.isInteger(Math.log2(calls))) endBeforeDestructors();
}
