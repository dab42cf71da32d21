package dev.holdfast.benchmarks;

import java.io.IOException;

/** One pass over a body. */
interface Task {
  /** What a finish reason adds to the check sum. */
  long FINISH = 1_000_003;

  /** {@return what was found, so that peers can be compared and no work is optimised away} */
  Found pass() throws IOException;

  /**
   * What a pass found.
   *
   * @param events how many events, or pieces of text
   * @param sum a check sum over their contents; equal for tasks that deliver the same
   */
  record Found(long events, long sum) {}
}
