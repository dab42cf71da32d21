package dev.holdfast.blackbox.rotten.core.dialect;

import java.time.Instant;

/** Breaks a rule on purpose; see ArchitectureTest. */
record KnowsTheDate(Instant start) {
  boolean isOver() {
    return Instant.now().isAfter(start);
  }
}
