package dev.holdfast.cli;

import dev.holdfast.client.Outcome;
import java.util.List;

/**
 * What became of the demo.
 *
 * @param outcome what the client says
 * @param text what it delivered
 * @param expected what the model would have said undisturbed, from the server
 * @param injected what the server did to each attempt, in order
 * @param meter the silences
 */
record DemoResult(
    Outcome outcome, String text, String expected, List<String> injected, Meter meter) {
  /** Whether the answer is complete and the very text it should be. */
  boolean isWhole() {
    return outcome.isComplete() && text.equals(expected);
  }

  /** {@return where the texts part, in UTF-16 units; -1 if they do not} */
  int firstDifference() {
    int end = Math.min(text.length(), expected.length());
    for (int i = 0; i < end; i++) {
      if (text.charAt(i) != expected.charAt(i)) {
        return i;
      }
    }
    return text.length() == expected.length() ? -1 : end;
  }
}
