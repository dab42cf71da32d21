package dev.holdfast.blackbox.matrix;

import dev.holdfast.client.Outcome;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.server.ReceivedRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a cell went.
 *
 * @param events what the consumer was handed
 * @param outcome the first answer of {@code outcome()}
 * @param endedOnce whether the end stayed the end, and the outcome the same, when asked again
 * @param received what the server got, in order
 */
record Observed(
    Cell cell,
    List<StreamEvent> events,
    Outcome outcome,
    boolean endedOnce,
    List<ReceivedRequest> received) {
  /** {@return the text as it was streamed, piece by piece} */
  String streamed() {
    var text = new StringBuilder();
    for (StreamEvent event : events) {
      if (event instanceof StreamEvent.TextDelta(int choice, String more)) {
        text.append(more);
      }
    }
    return text.toString();
  }

  /** {@return whether the fault's position exists in the reply} */
  boolean struck() {
    return !received.isEmpty() && !received.getFirst().struck().isEmpty();
  }

  /** {@return the cause a correct client must name for the first attempt} */
  @Nullable Cause injected() {
    return received.isEmpty() ? null : received.getFirst().cause();
  }

  long finishes() {
    return events.stream().filter(StreamEvent.Finished.class::isInstance).count();
  }
}
