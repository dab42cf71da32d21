package dev.holdfast.core.dialect;

/** What counts as proof that an answer is complete. An empty body is never an answer. */
public enum CompletionPolicy {
  /** The protocol's own proof only. */
  STRICT,
  /** The closing marker alone is enough, for servers that send no finish reason. */
  DONE_MARKER,
  /** A clean end of the body is enough. Cannot distinguish a cut from an end; the last resort. */
  EOF
}
