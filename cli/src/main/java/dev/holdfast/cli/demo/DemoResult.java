package dev.holdfast.cli.demo;

import dev.holdfast.cli.stream.Meter;
import dev.holdfast.client.Outcome;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.server.ReceivedRequest;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The result of the demo.
 *
 * @param outcome what the client reports
 * @param text what it delivered
 * @param expected the model's undisturbed answer, from the server
 * @param received what the server did to each attempt, in order
 * @param meter the silences
 */
record DemoResult(
    Outcome outcome, String text, String expected, List<ReceivedRequest> received, Meter meter) {
  /** Whether the answer is complete and the very text it should be. */
  boolean isWhole() {
    return outcome.isComplete() && text.equals(expected);
  }

  /** Whether the delivered answer is true, and its end is reported as one. */
  boolean isHonest() {
    return !outcome.isComplete() && !text.isEmpty() && expected.startsWith(text);
  }

  /** {@return the breaks of each attempt, as specs; the pace is none} */
  List<String> injected() {
    return received.stream().map(DemoResult::breaks).toList();
  }

  /** {@return what the server did to an attempt, and what a client should report} */
  Optional<ReceivedRequest> received(int attempt) {
    return received.stream().filter(request -> request.attempt() == attempt).findFirst();
  }

  static String breaks(ReceivedRequest request) {
    return request.struck().stream()
        .filter(fault -> !(fault instanceof Fault.Slow))
        .map(Fault::spec)
        .collect(Collectors.joining("; "));
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
