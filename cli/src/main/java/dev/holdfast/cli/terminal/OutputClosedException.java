package dev.holdfast.cli.terminal;

/**
 * Stdout takes no more, as when {@code head} has seen enough, or as when a disk is full. {@link
 * Terminal#outputFailure} has the difference.
 */
public final class OutputClosedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OutputClosedException() {
    super("stdout is closed", null, false, false);
  }
}
