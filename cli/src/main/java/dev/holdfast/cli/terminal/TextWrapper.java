package dev.holdfast.cli.terminal;

import java.util.List;
import java.util.function.Consumer;

/**
 * Wraps text that arrives in pieces, word by word. Where a line has to come in between, the text
 * breaks off, and continues below at the very column where it broke.
 */
public final class TextWrapper {
  private final Consumer<String> out;
  private final String margin;
  private final int width;

  private final StringBuilder word = new StringBuilder();
  private int column;
  private boolean spaceBefore;
  private boolean lineOpen;

  /**
   * A page.
   *
   * @param out takes the pieces of output
   * @param margin blank columns left of the text
   * @param width columns of the text itself
   */
  public TextWrapper(Consumer<String> out, int margin, int width) {
    this.out = out;
    this.margin = " ".repeat(margin);
    this.width = width;
  }

  /** Adds text; its last word stays in hand until its end is known. */
  public void text(String text) {
    text.codePoints()
        .forEach(point -> {
          if (point == '\n') {
            newLine();
          } else if (Character.isWhitespace(point)) {
            flush();
            spaceBefore = column > 0;
          } else {
            word.appendCodePoint(point);
          }
        });
  }

  /** Writes what is in hand, at the end or before a pause. */
  void flush() {
    if (word.isEmpty()) {
      return;
    }
    int length = columns(word);
    int gap = spaceBefore ? 1 : 0;
    if (column > 0 && column + gap + length > width) {
      breakLine();
      gap = 0;
    }
    resume();
    out.accept(" ".repeat(gap));
    column += gap;
    word.codePoints().forEach(this::put);
    word.setLength(0);
    spaceBefore = false;
  }

  /** Writes a line of its own; the text continues below it, at its column. */
  public void aside(String line) {
    flush();
    endLine();
    out.accept(line + "\n");
  }

  /**
   * Writes a mark of one column at the place where the text stands.
   *
   * @param painted the mark as it is written, colours included
   */
  public void mark(String painted) {
    flush();
    if (column + (spaceBefore ? 2 : 1) > width) {
      breakLine();
    }
    resume();
    out.accept((spaceBefore ? " " : "") + painted);
    column += spaceBefore ? 2 : 1;
    spaceBefore = false;
  }

  /** Ends the text and its line. */
  public void close() {
    flush();
    endLine();
  }

  private void put(int point) {
    int columns = columns(point);
    if (column + columns > width) {
      breakLine();
      resume();
    }
    out.accept(Character.toString(point));
    column += columns;
  }

  /** Opens a line where none is open: after an aside, at the column where the text broke. */
  private void resume() {
    if (!lineOpen) {
      out.accept(margin + " ".repeat(column));
      lineOpen = true;
    }
  }

  /** The text's own line feed. An aside may have ended the line already. */
  private void newLine() {
    flush();
    if (column == 0) {
      out.accept("\n");
    }
    breakLine();
  }

  /** Ends the line on the screen and starts the text's next one. */
  private void breakLine() {
    endLine();
    column = 0;
    spaceBefore = false;
  }

  private void endLine() {
    if (lineOpen) {
      out.accept("\n");
      lineOpen = false;
    }
  }

  /** {@return a text as lines of at most so many columns} */
  public static List<String> wrap(String text, int width) {
    var lines = new StringBuilder();
    var page = new TextWrapper(lines::append, 0, width);
    page.text(text);
    page.close();
    return lines.toString().lines().toList();
  }

  /** {@return how many columns a text takes on a terminal} */
  public static int columns(CharSequence text) {
    return text.codePoints().map(TextWrapper::columns).sum();
  }

  /** How wide terminals show a code point; the broad ranges of Unicode's East Asian Width. */
  private static int columns(int point) {
    int type = Character.getType(point);
    if (type == Character.NON_SPACING_MARK
        || type == Character.ENCLOSING_MARK
        || type == Character.FORMAT) {
      return 0;
    }
    boolean wide =
        (point >= 0x1100 && point <= 0x115F) // Hangul Jamo
            || (point >= 0x2E80 && point <= 0xA4CF) // CJK, kana, Yi
            || (point >= 0xAC00 && point <= 0xD7A3) // Hangul
            || (point >= 0xF900 && point <= 0xFAFF) // CJK compatibility
            || (point >= 0xFE30 && point <= 0xFE6F)
            || (point >= 0xFF00 && point <= 0xFF60) // full-width forms
            || (point >= 0x1F300 && point <= 0x1FAFF) // emoji
            || (point >= 0x20000 && point <= 0x3FFFD);
    return wide ? 2 : 1;
  }
}
