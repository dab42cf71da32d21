package dev.holdfast.core.guard;

import java.util.List;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;

/**
 * The shapes of keys that are not configured here: other tenants' keys in a provider's error, or a
 * key in the wrong place. Sources: the providers' documentation and the rules of secret scanners.
 */
final class KeyShapes {
  // Compiled when a text may hold one: most texts are words, and most programs meet no key at all.

  /** Own prefixes. */
  private static final class Own {
    /** A key by its own prefix; the left edge must not be inside a word. */
    static final Pattern KEYS =
        Pattern.compile(
            "(?=[-Acefghnprstxy])" // How the words below begin: few places need more than this.
                + "(?<![A-Za-z0-9])(?:"
                + "sk[-_][A-Za-z0-9_-]{8,}" // OpenAI, Anthropic, OpenRouter, DeepSeek, Stripe
                + "|(?:AIza|AQ\\.)[A-Za-z0-9_-]{8,}" // Google
                + "|ya29\\.[A-Za-z0-9._-]{8,}"
                + "|(?:AKIA|ASIA|ABSK)[A-Za-z0-9+/=]{8,}" // Amazon
                + "|(?=(?:hf|gsk|r8|fw)_[A-Za-z]*[0-9A-Z])(?:hf|gsk|r8|fw)_[A-Za-z0-9]{8,}"
                + "|(?:xai|pplx|nvapi|csk|glpat|tgp_v1)[-_][A-Za-z0-9_-]{8,}"
                + "|(?:gh[pousr]|github_pat)_[A-Za-z0-9_]{8,}"
                + "|xox[abprs]-[A-Za-z0-9-]{8,}"
                + "|eyJ[A-Za-z0-9_-]{8,}(?:\\.[A-Za-z0-9_-]+){1,4}" // JSON web tokens
                + "|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?"
                + ")");
  }

  /** Values after a scheme. */
  private static final class Schemes {
    /** A scheme of authorization and its value, which has a digit or is too long for a word. */
    static final Pattern SCHEMES =
        Pattern.compile(
            "(?i)(?=b)\\b(?:bearer|basic)(?:\\s|\\+|%20)+"
                + "((?=[A-Za-z0-9._~+/=-]*[0-9])[A-Za-z0-9._~+/=-]{8,}|[A-Za-z0-9._~+/=-]{20,})");
  }

  /** Values after a name. */
  private static final class Values {
    private static final String NAMES =
        "(?:(?:proxy-)?authorization|(?:set-)?cookie|x-api-key|api[-_]?key|x-goog-api-key"
            + "|[a-z_-]{0,30}[-_]token|client_secret|secret|password|passwd)";

    /** A named value in a quotation of a request or of its JSON. */
    static final Pattern NAMED =
        Pattern.compile(
            "(?i)(?<![a-z0-9])"
                + NAMES
                + "(?:[\"'\\\\]*\\s*[:=]\\s*[\"'\\\\\\[]*)([^\\s\"'\\\\,;&}\\])]{6,})");

    /** A parameter of an address. */
    static final Pattern PARAMETERS =
        Pattern.compile(
            "(?i)[?&;](?:key|sig|signature|token|code|x-amz-[a-z-]+|[a-z_-]{0,30}(?:key|token|secret|password|signature))"
                + "=([^&\\s\"'<>\\\\]+)");

    /** The user of an address. */
    static final Pattern USERS = Pattern.compile("://([^/\\s@\"'<>]+)@");
  }

  /** How the keys of {@link Own} begin. */
  private static final List<String> BEGINNINGS =
      List.of(
          "sk-",
          "sk_",
          "AIza",
          "AQ.",
          "ya29.",
          "AKIA",
          "ASIA",
          "ABSK",
          "hf_",
          "gsk_",
          "r8_",
          "fw_",
          "xai",
          "pplx",
          "nvapi",
          "csk",
          "glpat",
          "tgp_v1",
          "gh",
          "github_pat",
          "xox",
          "eyJ",
          "-----BEGIN ");

  /** What {@link #BEGINNINGS} begin with. */
  private static final String FIRST = "-Acefghnprstxy";

  /** No shape of {@link Own} is shorter. */
  private static final int SHORTEST = 11;

  private KeyShapes() {}

  /**
   * Calls {@code found} with the beginning and the end of each key.
   *
   * @param sentence whether the text is a message or a header, and no answer of a model
   */
  static void find(String text, boolean sentence, BiConsumer<Integer, Integer> found) {
    // What a shape cannot do without decides whether it is looked for: most texts are words.
    if (mayHaveKey(text)) {
      find(Own.KEYS, text, found);
    }
    if (mayHaveScheme(text)) {
      find(Schemes.SCHEMES, text, found);
    }
    if (sentence && mayHaveValue(text)) {
      find(Values.NAMED, text, found);
      if (text.indexOf('=') >= 0) {
        find(Values.PARAMETERS, text, found);
      }
      if (text.indexOf('@') >= 0) {
        find(Values.USERS, text, found);
      }
    }
  }

  /** {@return false only if {@link #find} finds nothing in a text} */
  static boolean mayHave(String text, boolean sentence) {
    return mayHaveKey(text) || mayHaveScheme(text) || (sentence && mayHaveValue(text));
  }

  private static boolean mayHaveKey(String text) {
    return text.length() >= SHORTEST && hasBeginning(text);
  }

  private static boolean mayHaveScheme(String text) {
    return text.length() > SHORTEST && hasSpace(text) && hasScheme(text);
  }

  private static boolean mayHaveValue(String text) {
    return text.indexOf('=') >= 0 || text.indexOf(':') >= 0;
  }

  /** {@return whether it has what a key begins with, not inside a word} */
  private static boolean hasBeginning(String text) {
    for (int i = 0; i + SHORTEST <= text.length(); i++) {
      if (FIRST.indexOf(text.charAt(i)) >= 0 && (i == 0 || !isWordly(text.charAt(i - 1)))) {
        for (String beginning : BEGINNINGS) {
          if (text.startsWith(beginning, i)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static boolean isWordly(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  private static boolean hasScheme(String text) {
    for (int i = 0; i + SHORTEST <= text.length(); i++) {
      if ((text.charAt(i) | ' ') == 'b'
          && (text.regionMatches(true, i, "bearer", 0, 6)
              || text.regionMatches(true, i, "basic", 0, 5))) {
        return true;
      }
    }
    return false;
  }

  /** {@return whether it has what stands between a scheme and its value} */
  private static boolean hasSpace(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c <= ' ' || c == '+' || c == '%') {
        return true;
      }
    }
    return false;
  }

  private static void find(Pattern shape, String text, BiConsumer<Integer, Integer> found) {
    var matcher = shape.matcher(text);
    while (matcher.find()) {
      int group = Math.min(1, matcher.groupCount());
      found.accept(matcher.start(group), matcher.end(group));
    }
  }
}
