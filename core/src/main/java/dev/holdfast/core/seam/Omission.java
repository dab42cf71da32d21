package dev.holdfast.core.seam;

import java.util.List;

/**
 * Whether new text begins with a sign that something was left out: an ellipsis of any kind, bare or
 * in brackets, or a dash. A model puts it after what it repeats, and a text may have it there.
 */
enum Omission {
  /** It does not. */
  NONE,
  /** It may: more of it is needed. */
  UNKNOWN,
  /** It begins with an ellipsis. */
  MARKED,
  /** It begins with a dash. */
  DASH;

  /** One of them is an ellipsis. */
  private static final String ELLIPSES =
      "\u2026\u2025\u22ee\u22ef\u22f0\u22f1\ufe19\ufe30\u205d\u205e\u1801\u0eaf\u2056\u2058"
          + "\u2059\u205a";

  /** Two of them are one; a single one ends a sentence, or is a point in the middle. */
  private static final String DOTS =
      ".\u3002\uff0e\uff61\u00b7\u2022\u30fb\uff65\u2024\u2027\u2219\u22c5\u318d\u0387\u16eb"
          + "\u25cf\u25cb\u25e6\u2981\u2e31\u2e33\u00b0\u02d9\u0701\u0702\u06d4\u2218\u26ab\u2b24";

  /** Dashes that are longer than a hyphen. */
  private static final String DASHES =
      "\u2012\u2013\u2014\u2015\u2212\u2500\u2501\u2e3a\u2e3b\ufe58\ufe31\uff0d\u301c\uff5e";

  /** What an ellipsis may be put in. */
  private static final String OPENING =
      "[(<{\"'*_`\uff08\u3010\u3014\u201c\u201e\u2018\u00ab\u300c";

  private static final String CLOSING =
      "])>}\"'*_`\uff09\u3011\u3015\u201d\u201c\u2019\u00bb\u300d";

  /** Ellipses that markup writes as words. */
  private static final List<String> NAMED =
      List.of("\\ldots", "\\dots", "\\cdots", "&hellip;", "&mldr;");

  /** {@return whether an ellipsis is made of such characters} */
  static boolean isDot(char c) {
    return DOTS.indexOf(c) >= 0 || ELLIPSES.indexOf(c) >= 0;
  }

  /**
   * {@return how {@code fresh} begins}
   *
   * @param fresh what is new, with the white space before it
   * @param asked whether the model was asked in words to repeat; else a dash is the text's
   * @param last whether nothing follows
   */
  static Omission of(CharSequence fresh, boolean asked, boolean last) {
    int at = 0;
    boolean line = false;
    while (at < fresh.length() && Alignment.isSpace(fresh.charAt(at))) {
      line |= fresh.charAt(at++) == '\n';
    }
    if (at == fresh.length()) {
      return NONE;
    }
    String visible = fresh.subSequence(at, fresh.length()).toString();
    for (String name : NAMED) {
      if (visible.startsWith(name)) {
        return MARKED;
      }
      if (!last && name.startsWith(visible)) {
        return UNKNOWN;
      }
    }
    var ellipsis = ellipsis(fresh, at, last);
    if (ellipsis == NONE && asked && isBehindMark(fresh, at)) {
      return MARKED;
    }
    // What begins a line is a rule, an item or an option.
    return ellipsis == NONE && asked && !line ? dash(fresh, at, last) : ellipsis;
  }

  /** Whether three dots that are no full stops follow a mark: a model may put both. */
  private static boolean isBehindMark(CharSequence fresh, int from) {
    int at = from;
    while (at < fresh.length()
        && !Remarks.isOfWord(fresh.charAt(at))
        && DOTS.indexOf(fresh.charAt(at), 1) < 0) {
      at++;
    }
    return at > from
        && at + 2 < fresh.length()
        && DOTS.indexOf(fresh.charAt(at)) >= 0
        && fresh.charAt(at) == fresh.charAt(at + 1)
        && fresh.charAt(at) == fresh.charAt(at + 2);
  }

  private static Omission ellipsis(CharSequence fresh, int from, boolean last) {
    int at = from;
    boolean bracket = OPENING.indexOf(fresh.charAt(at)) >= 0;
    at += bracket ? 1 : 0;
    int dots = 0;
    boolean sure = false;
    char first = 0;
    while (at < fresh.length()) {
      char c = fresh.charAt(at);
      if (isDot(c)) {
        if (first != 0 && c != first && c != '.' && ELLIPSES.indexOf(c) < 0) {
          break; // A full stop, and a bullet.
        }
        sure |= ELLIPSES.indexOf(c) >= 0;
        first = first == 0 ? c : first;
        dots++;
      } else if (!Alignment.isSpace(c)) {
        break;
      }
      at++;
    }
    if (at == fresh.length() && !last && (bracket || dots > 0)) {
      return UNKNOWN;
    }
    boolean closed = at < fresh.length() && CLOSING.indexOf(fresh.charAt(at)) >= 0;
    return dots > 0 && (bracket ? closed : sure || dots > 1) ? MARKED : NONE;
  }

  private static Omission dash(CharSequence fresh, int at, boolean last) {
    char c = fresh.charAt(at);
    if (DASHES.indexOf(c) >= 0) {
      return DASH;
    }
    if (c != '-') {
      return NONE;
    }
    if (at + 1 == fresh.length()) {
      return last ? NONE : UNKNOWN;
    }
    return fresh.charAt(at + 1) == '-' ? DASH : NONE;
  }
}
