package dev.holdfast.cli.terminal;

/**
 * The signs on the screen, one column each.
 *
 * @param cut an attempt ended too early
 * @param retry another attempt comes
 * @param seam attempts were joined
 * @param yes as it should be
 * @param no not as it should be
 * @param dot stands between facts
 */
public record Glyphs(String cut, String retry, String seam, String yes, String no, String dot) {
  /** For terminals and pipes in a UTF-8 locale. */
  static final Glyphs UNICODE = new Glyphs("✂", "↻", "┃", "✓", "✗", "·");

  /** For everything else. */
  static final Glyphs ASCII = new Glyphs("x", ">", "|", "=", "!", "-");
}
