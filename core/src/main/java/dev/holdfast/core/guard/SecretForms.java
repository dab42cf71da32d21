package dev.holdfast.core.guard;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;

/**
 * How secrets look as servers echo them: in lower case, in hexadecimal and in Base64. Immutable.
 */
final class SecretForms {
  private static final int WORDS = 64;

  private final List<String> all;
  private final int longest;

  /** A bit for each hash of two characters that a form begins with. */
  private final long[] beginnings = new long[WORDS];

  SecretForms(List<String> secrets) {
    all = formsOf(secrets);
    int most = 0;
    for (String form : all) {
      most = Math.max(most, form.length());
      int bit = bit(form.charAt(0), form.charAt(1));
      beginnings[bit >> 6] |= 1L << bit;
    }
    longest = most;
  }

  /** {@return the forms of all secrets, in lower case} */
  List<String> all() {
    return all;
  }

  /** {@return the length of the longest, in characters; 0 for no secrets} */
  int longest() {
    return longest;
  }

  /** {@return false only if a text holds no beginning of two characters of any form} */
  boolean mayBeIn(String text) {
    if (all.isEmpty() || text.length() < 2) {
      return false;
    }
    char before = lower(text.charAt(0));
    for (int i = 1; i < text.length(); i++) {
      char c = lower(text.charAt(i));
      int bit = bit(before, c);
      if ((beginnings[bit >> 6] & 1L << bit) != 0) {
        return true;
      }
      before = c;
    }
    return false;
  }

  private static int bit(char first, char second) {
    return (first * 61 + second) & (WORDS * Long.SIZE - 1);
  }

  /** Lower case without a change of length, which some letters would bring. */
  static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
  }

  private static List<String> formsOf(List<String> secrets) {
    var forms = new LinkedHashSet<String>();
    for (String secret : secrets) {
      byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
      forms.add(secret.toLowerCase(Locale.ROOT));
      forms.add(HexFormat.of().formatHex(bytes));
      for (int shift = 0; shift < 3; shift++) {
        // After other bytes the letters differ; those that hold a neighbour's bits are left out.
        byte[] shifted = new byte[shift + bytes.length];
        System.arraycopy(bytes, 0, shifted, shift, bytes.length);
        String coded = Base64.getEncoder().withoutPadding().encodeToString(shifted);
        int from = shift == 0 ? 0 : shift + 1;
        int until = shifted.length % 3 == 0 ? coded.length() : coded.length() - 1;
        String inner = coded.substring(from, until).toLowerCase(Locale.ROOT);
        if (inner.length() >= Redactor.SHORTEST) {
          forms.add(inner);
          forms.add(inner.replace('+', '-').replace('/', '_'));
        }
      }
    }
    return List.copyOf(forms);
  }
}
