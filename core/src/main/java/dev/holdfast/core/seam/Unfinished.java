package dev.holdfast.core.seam;

import java.util.ArrayDeque;
import java.util.Locale;
import java.util.Set;

/**
 * Whether something is open at the end of a text: a bracket, a quotation, emphasis, a row of a
 * table, a tag, an environment of LaTeX, a comment. Where that is not certain, something is. Blocks
 * of code that are closed are passed over.
 */
final class Unfinished {
  private static final String OPENING = "([{\uff08\u3010\u300a\u3008\u300c\u300e";
  private static final String CLOSING = ")]}\uff09\u3011\u300b\u3009\u300d\u300f";

  /** Elements without content, and those whose end may be left out. */
  private static final Set<String> VOID =
      Set.of("br", "hr", "img", "input", "meta", "link", "wbr", "col", "source");

  /** An item of a list has a number of so many digits at most. */
  private static final int MAX_NUMBER = 4;

  private Unfinished() {}

  /**
   * {@return whether something is or may be open}
   *
   * @param end where the text's last visible character ends
   * @param fences the blocks of code of the text
   */
  static boolean is(CharSequence text, int end, Fences fences) {
    String prose = withoutBlocks(text, end, fences);
    String plain = withoutSpans(prose);
    String paragraph = plain.substring(paragraph(plain));
    return isHalf(plain.substring(plain.lastIndexOf('\n') + 1))
        || isBracketOpen(plain)
        || isQuoteOpen(plain)
        || isQuoteOpen(paragraph)
        || isEmphasisOpen(paragraph)
        || isTagOpen(plain)
        || plain.lines().filter(Unfinished::isFence).count() % 2 == 1
        || count(plain, "\\begin{") != count(plain, "\\end{")
        || plain.lastIndexOf("/*") > plain.lastIndexOf("*/")
        || plain.lastIndexOf("<!--") > plain.lastIndexOf("-->");
  }

  /** Whether more must follow a line: it is indented, a comment, a heading, a row. */
  private static boolean isHalf(String line) {
    String begun = line.strip();
    return line.startsWith("    ")
        || line.startsWith("\t")
        || line.indexOf('|') >= 0
        || begun.startsWith("//")
        || begun.startsWith("/*")
        || begun.startsWith("-- ")
        || (begun.startsWith("#") && begun.replaceFirst("^#+", "").startsWith(" "));
  }

  private static boolean isFence(String line) {
    String begun = line.substring(margin(line, 0));
    return begun.startsWith("```") || begun.startsWith("~~~");
  }

  /** Where a line begins, after white space and the marks of a quotation. */
  private static int margin(String text, int line) {
    int at = line;
    while (at < text.length() && " \t>".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    return at;
  }

  private static int count(String text, String part) {
    int count = 0;
    for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
      count++;
    }
    return count;
  }

  /** Where the last paragraph begins. */
  private static int paragraph(String text) {
    for (int at = text.length(); at > 0; at--) {
      if (text.charAt(at - 1) == '\n' && beginsParagraph(text, at)) {
        return at;
      }
    }
    return 0;
  }

  /** Leaves out spans of code, and the marks of items, whose brackets close nothing. */
  private static String withoutSpans(String text) {
    var plain = new StringBuilder();
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      int next = at + 1;
      if (at == 0 || text.charAt(at - 1) == '\n') {
        next = Math.max(next, behindItem(text, at));
        c = next > at + 1 ? ' ' : c;
      }
      if (c == '`') {
        int run = runEnd(text, at);
        int close = closing(text, run, run - at);
        if (close > 0) {
          plain.append('x');
          at = close;
          continue;
        }
        plain.append(text, at, run);
        at = run;
        continue;
      }
      plain.append(c);
      at = next;
    }
    return plain.toString();
  }

  private static int behindItem(String text, int line) {
    int first = margin(text, line);
    int at = first;
    while (at < text.length() && at - first < MAX_NUMBER && Character.isDigit(text.charAt(at))) {
      at++;
    }
    if (at == first && at < text.length() && Character.isLetter(text.charAt(at))) {
      at++;
    }
    return at > first && at < text.length() && text.charAt(at) == ')' ? at + 1 : 0;
  }

  private static int runEnd(String text, int from) {
    int at = from;
    while (at < text.length() && text.charAt(at) == text.charAt(from)) {
      at++;
    }
    return at;
  }

  /** Where a span of code ends in its line, or 0. */
  private static int closing(String text, int from, int length) {
    int at = from;
    while (at < text.length() && text.charAt(at) != '\n') {
      int run = text.charAt(at) == '`' ? runEnd(text, at) : at + 1;
      if (text.charAt(at) == '`' && run - at == length) {
        return run;
      }
      at = run;
    }
    return 0;
  }

  private static String withoutBlocks(CharSequence text, int end, Fences fences) {
    var prose = new StringBuilder();
    int line = 0;
    for (int i = 0; i <= end; i++) {
      if (i == end || text.charAt(i) == '\n') {
        // The line that opens a block is before it, the one that closes it within.
        if (!fences.isInside(i) && !fences.isInside(i + 1)) {
          prose.append(text, line, Math.min(end, i + 1));
        }
        line = i + 1;
      }
    }
    return prose.toString();
  }

  private static boolean isBracketOpen(String text) {
    int[] open = new int[OPENING.length()];
    for (int i = 0; i < text.length(); i++) {
      int opens = OPENING.indexOf(text.charAt(i));
      int closes = CLOSING.indexOf(text.charAt(i));
      if (opens >= 0) {
        open[opens]++;
      } else if (closes >= 0) {
        open[closes] = Math.max(0, open[closes] - 1);
      }
    }
    for (int many : open) {
      if (many > 0) {
        return true;
      }
    }
    return false;
  }

  private static boolean isQuoteOpen(String text) {
    int plain = 0;
    int angled = 0;
    int pointed = 0;
    int dollars = 0;
    int doubles = 0;
    int singles = 0;
    int low = 0;
    int lowSingle = 0;
    int ticks = 0;
    for (int i = 0; i < text.length(); i++) {
      boolean begins = i == 0 || !isWord(text.charAt(i - 1));
      boolean ends = i + 1 == text.length() || !isWord(text.charAt(i + 1));
      switch (text.charAt(i)) {
        case '"', '\u2033', '\u05f4' -> plain++;
        case '\u00ab', '\u00bb' -> angled++;
        case '\u2039', '\u203a' -> pointed++;
        case '$' -> dollars++;
        case '\u201e' -> low++;
        case '\u201a' -> lowSingle++;
        case '\u201c' -> {
          if (low > 0) {
            low--;
          } else if (doubles == 0 || !beginsParagraph(text, i)) {
            doubles++; // A quotation of several paragraphs is opened in each.
          }
        }
        case '\u201d' -> {
          low = Math.max(0, low - (doubles == 0 ? 1 : 0));
          doubles = Math.max(0, doubles - 1);
        }
        case '\u2018' -> {
          singles += singles == 0 || (lowSingle == 0 && !beginsParagraph(text, i)) ? 1 : 0;
          singles -= lowSingle > 0 ? 1 : 0;
          lowSingle = Math.max(0, lowSingle - 1);
        }
        case '\u2019' -> singles = Math.max(0, singles - (ends ? 1 : 0));
        case '\'' -> ticks = begins && !ends ? ticks + 1 : ends && !begins ? 0 : ticks;
        default -> {}
      }
    }
    boolean odd = (plain | angled | pointed | dollars) % 2 == 1;
    return odd || doubles > 0 || singles > 0 || low > 0 || lowSingle > 0 || ticks > 0;
  }

  private static boolean isWord(char c) {
    return Character.isLetterOrDigit(c);
  }

  /** Whether a blank line is before a place. */
  private static boolean beginsParagraph(String text, int place) {
    int breaks = 0;
    for (int at = place; at > 0 && breaks < 2; at--) {
      char c = text.charAt(at - 1);
      if (!Alignment.isSpace(c) && c != '>') {
        return false;
      }
      breaks += c == '\n' ? 1 : 0;
    }
    return breaks == 2;
  }

  /** Whether an odd number of marks of emphasis is in a paragraph; those of a list are none. */
  private static boolean isEmphasisOpen(String paragraph) {
    var runs = new int[4][4];
    int at = 0;
    while (at < paragraph.length()) {
      int kind = "*_~`".indexOf(paragraph.charAt(at));
      int run = at;
      while (kind >= 0
          && run < paragraph.length()
          && paragraph.charAt(run) == paragraph.charAt(at)) {
        run++;
      }
      if (kind < 0) {
        at++;
        continue;
      }
      boolean spaceBefore = at == 0 || Alignment.isSpace(paragraph.charAt(at - 1));
      boolean spaceAfter = run < paragraph.length() && Alignment.isSpace(paragraph.charAt(run));
      boolean within =
          kind == 1
              && at > 0
              && run < paragraph.length()
              && isWord(paragraph.charAt(at - 1))
              && isWord(paragraph.charAt(run));
      if (!within && !(spaceBefore && spaceAfter)) {
        // Three are one and two.
        for (int length = 1; length <= 2; length++) {
          runs[kind][length] += (Math.min(run - at, 3) & length) > 0 ? 1 : 0;
        }
      }
      at = run;
    }
    for (int[] kind : runs) {
      if (kind[1] % 2 == 1 || kind[2] % 2 == 1) {
        return true;
      }
    }
    return false;
  }

  private static boolean isTagOpen(String text) {
    var open = new ArrayDeque<String>();
    for (int at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) {
      boolean closes = text.startsWith("</", at);
      int name = at + (closes ? 2 : 1);
      int end = name;
      while (end < text.length() && isOfName(text.charAt(end))) {
        end++;
      }
      if (end == name || !Character.isLetter(text.charAt(name))) {
        continue;
      }
      int tag = end;
      while (tag < text.length() && "<>".indexOf(text.charAt(tag)) < 0) {
        tag++;
      }
      if (tag == text.length() || text.charAt(tag) == '<') {
        return true;
      }
      String element = text.substring(name, end).toLowerCase(Locale.ROOT);
      String rest = text.substring(end, tag);
      if (closes) {
        close(open, element);
      } else if (!VOID.contains(element) && !rest.endsWith("/") && !rest.contains("://")) {
        open.push(element);
      }
    }
    return !open.isEmpty();
  }

  private static boolean isOfName(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == ':' || c == '-';
  }

  /** Ends an element, and those within it whose end was left out. */
  private static void close(ArrayDeque<String> open, String element) {
    while (open.contains(element)) {
      if (open.pop().equals(element)) {
        return;
      }
    }
  }
}
