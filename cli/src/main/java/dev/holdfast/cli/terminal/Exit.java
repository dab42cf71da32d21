package dev.holdfast.cli.terminal;

/** The exit codes of every command; {@code --help} and docs/cli.md list them. */
public final class Exit {
  /** Done; for an answer: it is complete. */
  public static final int OK = 0;

  /** The answer is not complete, or not the one it should be. */
  public static final int INCOMPLETE = 1;

  /** The command line, a file, the environment or the network address is wrong. */
  public static final int BAD_INPUT = 2;

  /** A defect of Holdfast's own; as in BSD's {@code sysexits.h}. */
  public static final int DEFECT = 70;

  /** The reader of stdout has gone; what a shell reports for SIGPIPE. */
  public static final int OUTPUT_CLOSED = 141;

  private Exit() {}
}
