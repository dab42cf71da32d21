package dev.holdfast.core.frame;

import dev.holdfast.core.stream.Check;

/**
 * How large the pieces of a body may grow, in bytes.
 *
 * @param maxLine one line, comments included
 * @param maxFrame the data of one frame
 */
public record FrameLimits(int maxLine, int maxFrame) {
  /**
   * 16 MiB for a line and for a frame: single image events of several megabytes are real.
   * docs/decisions/0005
   */
  public static final FrameLimits DEFAULT = new FrameLimits(16 << 20, 16 << 20);

  /** Checks that both limits are positive. */
  public FrameLimits {
    Check.that(maxLine > 0, "maxLine", "must be positive", maxLine);
    Check.that(maxFrame > 0, "maxFrame", "must be positive", maxFrame);
  }
}
