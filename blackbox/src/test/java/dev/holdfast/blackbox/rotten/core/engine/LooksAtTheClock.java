package dev.holdfast.blackbox.rotten.core.engine;

/** Breaks a rule on purpose; see ArchitectureTest. */
record LooksAtTheClock(long startNanos) {
  long elapsedNanos() {
    return System.nanoTime() - startNanos;
  }
}
