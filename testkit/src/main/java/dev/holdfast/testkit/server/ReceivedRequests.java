package dev.holdfast.testkit.server;

import java.time.Duration;
import java.util.AbstractList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;

/**
 * The requests that a fault server got, in order of arrival, and what a test may claim of them.
 * Immutable. A claim that does not hold throws an {@link AssertionError} that shows the requests.
 */
public final class ReceivedRequests extends AbstractList<ReceivedRequest> {
  private final List<ReceivedRequest> requests;

  ReceivedRequests(List<ReceivedRequest> requests) {
    this.requests = List.copyOf(requests);
  }

  @Override
  public ReceivedRequest get(int index) {
    return requests.get(index);
  }

  @Override
  public int size() {
    return requests.size();
  }

  /** {@return those of one stream; see {@link FaultServer}} */
  public ReceivedRequests ofStream(String stream) {
    return new ReceivedRequests(
        requests.stream().filter(request -> request.stream().equals(stream)).toList());
  }

  /** Claims that so many requests came. */
  public ReceivedRequests hasCount(int count) {
    return claim(size() == count, "must be " + count, String.valueOf(size()));
  }

  /** Claims that no stream was tried more often than this. */
  public ReceivedRequests hasAttemptsAtMost(int attempts) {
    for (var request : requests) {
      claim(
          request.attempt() <= attempts,
          "must be at most " + attempts + " of each stream",
          "attempt " + request.attempt());
    }
    return this;
  }

  /** Claims that no stream was tried again after an answer with this status. */
  public ReceivedRequests hasNoRetryAfter(int status) {
    return eachRetry(
        (before, retry) -> before.status() != status, "must not be repeated after a " + status);
  }

  /** Claims that each attempt came at least so long after the one before it had ended. */
  public ReceivedRequests hasWaited(Duration least) {
    return eachRetry(
        (before, retry) ->
            before.endedAtNanos() == 0
                || retry.arrivedAtNanos() - before.endedAtNanos() >= least.toNanos(),
        "must wait " + least + " before they are repeated");
  }

  /** Claims that every exchange has ended, one way or another: nothing was left open. */
  public ReceivedRequests hasNoneOpen() {
    for (var request : requests) {
      claim(
          request.ending() != ReceivedRequest.Ending.OPEN,
          "must all have ended",
          "number " + request.number() + " still open");
    }
    return this;
  }

  private ReceivedRequests eachRetry(
      BiPredicate<ReceivedRequest, ReceivedRequest> holds, String rule) {
    Map<String, ReceivedRequest> last = new HashMap<>();
    for (var request : requests) {
      var before = last.put(request.stream(), request);
      claim(
          before == null || holds.test(before, request),
          rule,
          "attempt " + request.attempt() + " as number " + request.number());
    }
    return this;
  }

  private ReceivedRequests claim(boolean holds, String rule, String was) {
    if (!holds) {
      var shown = new StringBuilder("requests: " + rule + ", was " + was);
      requests.forEach(request -> shown.append("\n  ").append(request));
      throw new AssertionError(shown.toString());
    }
    return this;
  }
}
