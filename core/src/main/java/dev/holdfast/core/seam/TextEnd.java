package dev.holdfast.core.seam;

import java.util.Locale;
import java.util.Set;

/**
 * Whether an answer can end where the delivered text ends: after a sentence, or after a block of
 * code that is closed. A continuation without new text is accepted only there.
 */
final class TextEnd {
  /** What ends a sentence, in scripts that mark it. */
  private static final String TERMINATORS =
      ".!?\u3002\uff01\uff1f\uff61\u061f\u06d4\u0964\u0965\u203c\u2047\u2048\u2049";

  /** What may follow a terminator and still belongs to its sentence. */
  private static final String CLOSERS =
      "\"'\u201d\u2019\u201c\u00bb\u00ab\u203a)]}\u300d\u300f\uff09*_`";

  /** After these a dot ends no sentence, or may not. */
  private static final Set<String> ABBREVIATIONS =
      Set.of(
          ("mr mrs ms dr prof st vs no nos nr fig figs approx ca bzw vgl abb inkl zzgl ggf"
                  + " evtl sog art vol vols pp cf al inc ltd gen col sgt jr sr dept est min max sra"
                  + " srta av jan feb mar apr jun jul aug sep sept oct okt nov dec dez mon tue tues"
                  + " wed thu thur thurs fri sat ave blvd hwy lieut maj capt cmdr adm rev hon pres"
                  + " gov sen rep supt corp co plc llc ed eds edn ch chap sec sect para par tab eq"
                  + " eqs ref refs resp incl excl etc usw usf uvm ibid op cit viz seq tel ext ph ff"
                  + " abs bes str hs sek mio mrd tsd jh jhd geb gest verh allg bspw insb einschl"
                  + " ausschl exkl ung ej ud uds pág núm mme mlle mgr env pér assn bros dist univ"
                  + " assoc lat lon deg temp avg dev esp orig trans cont misc acct amt qty tbsp tsp"
                  + " lb lbs oz gal mi yd hr hrs mins secs yr yrs wk mo \u0440\u0438\u0441"
                  + " \u0441\u0442\u0440 \u0443\u043b \u0434\u0440 \u043f\u0440 \u0441\u043c"
                  + " \u0433\u0433 \u0442\u044b\u0441 \u043c\u043b\u043d \u043c\u043b\u0440\u0434"
                  + " \u0440\u0443\u0431 \u043d\u0430\u043f\u0440")
              .split(" "));

  /** A name of so many letters, as in {@code Node.js}, or short for a longer one. */
  private static final int SHORT_NAME = 4;

  /** A word without vowels is short for another one. */
  private static final int SHORT_WORD = 6;

  private static final String VOWELS =
      "aeiouyw\u00e0\u00e1\u00e2\u00e3\u00e4\u00e5\u00e6\u00e8\u00e9\u00ea\u00eb\u00ec\u00ed\u00ee\u00ef"
          + "\u00f2\u00f3\u00f4\u00f5\u00f6\u00f8\u00f9\u00fa\u00fb\u00fc\u00fd\u0153";

  private TextEnd() {}

  /** {@return whether a sentence or a clause ends with a character} */
  static boolean isStop(char c) {
    return TERMINATORS.indexOf(c) >= 0
        || ":;\u2026\uff1a\uff1b".indexOf(c) >= 0
        || (c >= '\u3000' && c <= '\u303f');
  }

  /** {@return whether a sentence or a part of it ends with a character} */
  static boolean isMark(char c) {
    return isStop(c) || ",)]\uff0c\uff09".indexOf(c) >= 0;
  }

  /**
   * {@return whether an answer can end here}
   *
   * @param end where the last visible character ends
   * @param fences the blocks of code of the text
   */
  static boolean isPossible(CharSequence text, int end, Fences fences) {
    if (fences.isInside(end)) {
      return fences.closesAt(text, end) && !Unfinished.is(text, end, fences);
    }
    int at = end;
    while (at > 0 && CLOSERS.indexOf(text.charAt(at - 1)) >= 0) {
      at--;
    }
    if (at < 2 || TERMINATORS.indexOf(text.charAt(at - 1)) < 0) {
      return false;
    }
    return (text.charAt(at - 1) != '.' || isFullStop(text, at - 1))
        && !OpenMarks.isAnyOpen(text, end)
        && !Unfinished.is(text, end, fences);
  }

  private static boolean isOfWord(char c) {
    return Character.isLetter(c) || Character.getType(c) == Character.NON_SPACING_MARK;
  }

  /** {@return whether a sentence ends before a place, and not a clause alone} */
  static boolean endsSentence(CharSequence text, int end) {
    int at = end;
    while (at > 0 && CLOSERS.indexOf(text.charAt(at - 1)) >= 0) {
      at--;
    }
    return at > 0 && TERMINATORS.indexOf(text.charAt(at - 1)) >= 0;
  }

  /** {@return whether the text ends within a sentence} */
  static boolean isMidway(CharSequence text, int end) {
    int at = end;
    while (at > 0 && CLOSERS.indexOf(text.charAt(at - 1)) >= 0) {
      at--;
    }
    return at == 0 || !isStop(text.charAt(at - 1));
  }

  /**
   * {@return whether what follows belongs to what was begun} So it does within a sentence, and
   * after a semicolon or the number of an item.
   */
  static boolean isUnderWay(CharSequence text, int end) {
    if (isMidway(text, end) || ";\uff1b".indexOf(text.charAt(end - 1)) >= 0) {
      return true;
    }
    int at = end - 1;
    while (at > 0 && Character.isDigit(text.charAt(at - 1))) {
      at--;
    }
    boolean number = at < end - 1 && text.charAt(end - 1) == '.';
    while (at > 0 && (text.charAt(at - 1) == ' ' || text.charAt(at - 1) == '\t')) {
      at--;
    }
    return number && (at == 0 || text.charAt(at - 1) == '\n');
  }

  /** Whether a dot ends a sentence, rather than a number, an initial, an abbreviation. */
  private static boolean isFullStop(CharSequence text, int dot) {
    char before = text.charAt(dot - 1);
    if (before == '.' || Character.isDigit(before) || Alignment.isSpace(before)) {
      return false;
    }
    int word = dot;
    while (word > 0 && isOfWord(text.charAt(word - 1))) {
      word--;
    }
    String token = token(text, dot);
    if (token.matches("(?s).*(?:[/@\\\\=_]|[\\p{L}\\d]\\(|[^.]\\.[^.]|www).*")) {
      return false; // An address, the name of a file, a call.
    }
    int length = dot - word;
    if (length == 0) {
      return true;
    }
    boolean initial = length == 1 && !Character.isIdeographic(before);
    String letters = text.subSequence(word, dot).toString();
    return !initial && !isShort(letters);
  }

  private static String token(CharSequence text, int end) {
    int at = end;
    while (at > 0 && !Alignment.isSpace(text.charAt(at - 1))) {
      at--;
    }
    return text.subSequence(at, end).toString();
  }

  /** Whether a word may be short for another one, or the first half of a name. */
  private static boolean isShort(String word) {
    String lower = word.toLowerCase(Locale.ROOT);
    boolean latin = lower.chars().allMatch(c -> c < 0x250);
    boolean vowel = lower.chars().anyMatch(c -> VOWELS.indexOf(c) >= 0);
    return ABBREVIATIONS.contains(lower)
        || (Character.isUpperCase(word.charAt(0)) && word.length() <= SHORT_NAME)
        || (latin && !vowel && word.length() <= SHORT_WORD)
        || (word.length() > 1
            && word.length() <= SHORT_WORD
            && word.equals(word.toUpperCase(Locale.ROOT))
            && !word.equals(lower));
  }
}
