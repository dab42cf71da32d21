package dev.holdfast.core.seam;

import java.util.ArrayDeque;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

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
      Set.of("br", "hr", "img", "input", "meta", "link", "wbr", "col", "source", "!doctype");

  private static final Pattern TAG = Pattern.compile("<(/?)([A-Za-z!?][\\w:-]*)([^<>]*)(>?)");
  private static final Pattern ENVIRONMENT = Pattern.compile("\\\\(begin|end)\\s*\\{");

  /** The number or letter of an item has a bracket that closes nothing. */
  private static final Pattern ITEM = Pattern.compile("(?m)^[ \\t>]*(?:\\d{1,4}|[A-Za-z])\\)");

  private static final Pattern SPAN = Pattern.compile("(`+)(?!`)[^\\n]*?(?<!`)\\1(?!`)");
  private static final Pattern FENCE_LINE = Pattern.compile("(?m)^[ \\t>]*(?:```|~~~)");
  private static final Pattern BLANK_LINE = Pattern.compile("\\n[ \\t\\r>]*\\n");

  /** Lines after which more must follow: indented ones, comments, headings, rows. */
  private static final Pattern HALF_LINE =
      Pattern.compile("(?: {4}|\\t).*|[ \\t]*(?://|/\\*|-- |#{1,6} ).*|.*\\|.*", Pattern.DOTALL);

  private Unfinished() {}

  /**
   * {@return whether something is or may be open}
   *
   * @param end where the text's last visible character ends
   * @param fences the blocks of code of the text
   */
  static boolean is(CharSequence text, int end, Fences fences) {
    String prose = withoutBlocks(text, end, fences);
    String plain = SPAN.matcher(ITEM.matcher(prose).replaceAll("")).replaceAll("x");
    int line = plain.lastIndexOf('\n') + 1;
    int last = 0;
    for (var blank = BLANK_LINE.matcher(plain); blank.find(); ) {
      last = blank.end();
    }
    String paragraph = plain.substring(last);
    return HALF_LINE.matcher(plain.substring(line)).matches()
        || isBracketOpen(plain)
        || isQuoteOpen(plain)
        || isQuoteOpen(paragraph)
        || isEmphasisOpen(paragraph)
        || isTagOpen(plain)
        || FENCE_LINE.matcher(plain).results().count() % 2 == 1
        || ENVIRONMENT
                .matcher(plain)
                .results()
                .mapToInt(m -> m.group(1).equals("end") ? -1 : 1)
                .sum()
            != 0
        || plain.lastIndexOf("/*") > plain.lastIndexOf("*/")
        || plain.lastIndexOf("<!--") > plain.lastIndexOf("-->");
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
          singles += lowSingle == 0 && !beginsParagraph(text, i) || singles == 0 ? 1 : 0;
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

  private static boolean beginsParagraph(String text, int at) {
    return at > 0 && BLANK_LINE.matcher(text.substring(Math.max(0, at - 8), at)).find();
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
    for (var tag = TAG.matcher(text); tag.find(); ) {
      String name = tag.group(2).toLowerCase(Locale.ROOT);
      if (tag.group(4).isEmpty()) {
        return true;
      }
      if (!tag.group(1).isEmpty()) {
        if (open.contains(name)) {
          while (!name.equals(open.pop())) {
            continue; // The end of such elements was left out.
          }
        }
      } else if (!VOID.contains(name)
          && !tag.group(3).endsWith("/")
          && !tag.group(3).contains("://")
          && name.charAt(0) != '!'
          && name.charAt(0) != '?') {
        open.push(name);
      }
    }
    return !open.isEmpty();
  }
}
