package dev.holdfast.core.stream;

/** The verdicts that have a cause. */
enum VerdictKind {
  TRUNCATED,
  FAILED,
  CANCELLED
}
