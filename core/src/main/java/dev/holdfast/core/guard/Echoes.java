package dev.holdfast.core.guard;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a message repeats of a request: runs of {@value #RUN} characters or more from one of its
 * texts, and texts shorter than that as a whole. Only letters and digits count, in any case.
 */
final class Echoes {
  private static final int RUN = 12;

  /** A text shorter than this, such as "hi", is in any message. */
  private static final int SHORTEST = 6;

  private static final int MAX_LAYERS = 3;

  private Echoes() {}

  static void mark(String message, List<String> texts, BitSet marks) {
    if (texts.isEmpty()) {
      return;
    }
    DecodedView view = DecodedView.of(message);
    for (int layer = 0; view != null && layer <= MAX_LAYERS; layer++) {
      mark(view, texts, marks);
      view = view.decoded();
    }
  }

  private static void mark(DecodedView view, List<String> texts, BitSet marks) {
    var squeezed = new Squeezed(view.text());
    String text = squeezed.text.toString();
    Map<Integer, List<Integer>> runs = new HashMap<>();
    for (int i = 0; i + RUN <= text.length(); i++) {
      runs.computeIfAbsent(hash(text, i), hash -> new ArrayList<>()).add(i);
    }
    for (String each : texts) {
      String known = new Squeezed(each).text.toString();
      if (known.length() < RUN) {
        for (int at = known.length() < SHORTEST ? -1 : text.indexOf(known);
            at >= 0;
            at = text.indexOf(known, at + 1)) {
          squeezed.mark(view, at, at + known.length(), marks);
        }
      }
      int hash = 0;
      for (int i = 0; i + RUN <= known.length(); i++) {
        hash = i == 0 ? hash(known, 0) : rolled(hash, known, i);
        for (int at : repeated(runs, hash, text, known, i)) {
          squeezed.mark(view, at, at + RUN, marks);
        }
      }
    }
  }

  /** {@return the places of the request's runs in the message} Each is found once. */
  private static List<Integer> repeated(
      Map<Integer, List<Integer>> runs, int hash, String text, String known, int from) {
    var places = runs.get(hash);
    if (places == null) {
      return List.of();
    }
    var same = places.stream().filter(at -> text.regionMatches(at, known, from, RUN)).toList();
    if (!same.isEmpty()) {
      runs.remove(hash); // Else a letter that is repeated would cost the square of its number.
    }
    return same;
  }

  private static int hash(String text, int from) {
    int hash = 0;
    for (int i = from; i < from + RUN; i++) {
      hash = 31 * hash + text.charAt(i);
    }
    return hash;
  }

  /** {@return the hash of the run at {@code from}, from that of the run before it} */
  private static int rolled(int before, String text, int from) {
    int power = 1;
    for (int i = 1; i < RUN; i++) {
      power *= 31;
    }
    return 31 * (before - power * text.charAt(from - 1)) + text.charAt(from + RUN - 1);
  }

  /** The letters and digits of a text, in lower case. */
  private static final class Squeezed {
    private final StringBuilder text = new StringBuilder();
    private final int[] places;

    Squeezed(String whole) {
      places = new int[whole.length()];
      for (int i = 0; i < whole.length(); i++) {
        if (Character.isLetterOrDigit(whole.charAt(i))) {
          places[text.length()] = i;
          text.append(whole.substring(i, i + 1).toLowerCase(Locale.ROOT).charAt(0));
        }
      }
    }

    void mark(DecodedView view, int from, int to, BitSet marks) {
      marks.set(view.start(places[from]), view.end(places[to - 1]));
    }
  }
}
