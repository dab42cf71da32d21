package dev.holdfast.cli.terminal;

/** Colours and glyphs, or their plain stand-ins. */
public final class Style {
  /** No colour. */
  static final Style PLAIN = new Style(false);

  /** ANSI colours of the 16-colour set, which every terminal theme defines. */
  static final Style ANSI = new Style(true);

  private final boolean ansi;

  private Style(boolean ansi) {
    this.ansi = ansi;
  }

  public boolean isColoured() {
    return ansi;
  }

  public String bold(String text) {
    return paint("1", text);
  }

  public String dim(String text) {
    return paint("2", text);
  }

  public String red(String text) {
    return paint("31", text);
  }

  public String green(String text) {
    return paint("32", text);
  }

  public String yellow(String text) {
    return paint("33", text);
  }

  public String cyan(String text) {
    return paint("36", text);
  }

  private String paint(String code, String text) {
    return ansi && !text.isEmpty() ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }
}
