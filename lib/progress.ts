/**
 * What long work tells of itself: one type of report, whatever is at work.
 *
 * @module
 */

/** How far a piece of work is. */
export type ProgressReport = {
  /** What is being done, such as "Drawing galaxies" or "head, epoch 3". */
  what: string;
  done: number;
  total: number;
  /** Of what: "galaxies", "steps". */
  unit: string;
  /** What else there is to say just now, such as "loss 0.213". */
  note?: string;
};

/** A line to keep, such as what an epoch came to. */
export type Message = { message: string };

/** Either of them. */
export type Report = ProgressReport | Message;

/** Takes reports; the option `onProgress` of everything that takes long. */
export type OnProgress = (report: Report) => void;

/** Makes reports of counts, for what counts one piece of work. */
export function counting(
  onProgress: OnProgress | undefined,
  { what, unit }: Pick<ProgressReport, "what" | "unit">,
): (counts: { done: number; total: number }) => void {
  return ({ done, total }) => onProgress?.({ what, done, total, unit });
}

/** Reports of a part of the work, told apart by its name: "two phases, epoch 3". */
export function within(onProgress: OnProgress | undefined, part: string): OnProgress {
  return (report) =>
    onProgress?.(
      "message" in report
        ? { message: `${part}, ${report.message}` }
        : { ...report, what: `${part}, ${report.what}` },
    );
}
