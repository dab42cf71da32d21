package dev.holdfast.testkit.server;

import java.time.Duration;
import java.util.AbstractList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The requests that a fault server got, in order of arrival, and what a test may claim of them.
 * Immutable. A claim that does not hold throws an {@link AssertionError} that shows the requests.
 */
public final class ReceivedRequests extends AbstractList<ReceivedRequest> {
  private final List<ReceivedRequest> requests;
  private final Supplier<List<ReceivedRequest>> ended;

  /** Requests; {@code ended} returns all of the server once they have ended, or some time later. */
  ReceivedRequests(List<ReceivedRequest> requests, Supplier<List<ReceivedRequest>> ended) {
    this.requests = List.copyOf(requests);
    this.ended = ended;
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
        requests.stream().filter(request -> request.stream().equals(stream)).toList(), ended);
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

  /**
   * Claims that every exchange has ended, one way or another: nothing was left open. Waits up to
   * two seconds for those that are open, since a client sees its end a moment before the server
   * does.
   */
  public ReceivedRequests hasNoneOpen() {
    if (requests.stream().noneMatch(ReceivedRequests::isOpen)) {
      return this;
    }
    var open =
        ended.get().stream()
            .filter(ReceivedRequests::isOpen)
            .map(ReceivedRequest::number)
            .collect(Collectors.toSet());
    for (var request : requests) {
      claim(
          !open.contains(request.number()),
          "must all have ended",
          "number " + request.number() + " still open");
    }
    return this;
  }

  private static boolean isOpen(ReceivedRequest request) {
    return request.ending() == ReceivedRequest.Ending.OPEN;
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
