package dev.holdfast.client.browser;

import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.Outcome;
import dev.holdfast.client.PullPublisher;
import dev.holdfast.core.json.JsonObjectBuilder;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Locale;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The events of one answer, in order, and pings in its silences.
 *
 * <p>Concurrency: a virtual thread pulls the stream, at most {@value #AHEAD} events ahead of the
 * reader; the lock guards what the two share.
 */
final class BrowserEvents implements PullPublisher.Source<BrowserEvent> {
  static final String DONE = "done";
  static final String FAILURE = "failure";

  private static final int AHEAD = 16;

  private final CompletionStream stream;
  private final long pingNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<BrowserEvent> ready = new ArrayDeque<>();
  private boolean closed;

  /** Whether the terminal event was taken. */
  private boolean over;

  /** Written by the pulling thread only. */
  private long id;

  /** The place of the last event with an id; by the pulling thread only. */
  private String place = "";

  private final boolean resumable;
  private final Runnable left;

  /**
   * Begins to pull.
   *
   * @param resumable whether ids are places of the journal, as far as the stream is in one
   * @param left ends the stream or leaves it to the journal; any thread
   */
  BrowserEvents(CompletionStream stream, Duration ping, boolean resumable, Runnable left) {
    this.stream = stream;
    this.pingNanos = ping.toNanos();
    this.resumable = resumable && stream.id().isPresent();
    this.left = left;
    Thread.ofVirtual().name("holdfast-browser").start(this::pull);
  }

  /** {@return the next event, waiting for it no longer than a silence may last; null at the end} */
  @Override
  public @Nullable BrowserEvent next() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = pingNanos;
      while (ready.isEmpty() && !closed && !over) {
        if (left <= 0) {
          return BrowserEvent.PING;
        }
        left = changed.awaitNanos(left);
      }
      if (closed || over) {
        return null;
      }
      var event = ready.removeFirst();
      over = event.isTerminal();
      changed.signalAll();
      return event;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the stream or leaves it to the journal, unless it has ended. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    left.run();
  }

  private void pull() {
    BrowserEvent end;
    try {
      // Before the provider answers: a page that leaves earlier would else ask again.
      if (resumable && !offer(event("stream", of("stream").text("id", stream.id().orElse(""))))) {
        return;
      }
      while (true) {
        var event = stream.next().orElse(null);
        if (event == null) {
          break;
        }
        var shown = shown(event);
        if (shown != null && !offer(shown)) {
          return;
        }
      }
      end = end(stream.outcome());
    } catch (RuntimeException e) {
      // A defect, or a sink of the caller's. Its message may quote the answer.
      end = failure(Cause.JOURNAL_FAILED, "the answer could not be read to its end");
    }
    boolean unused = offer(end);
  }

  /** {@return whether the event will be read} */
  private boolean offer(BrowserEvent event) {
    lock.lock();
    try {
      while (ready.size() >= AHEAD && !closed) {
        changed.awaitUninterruptibly();
      }
      ready.add(event);
      changed.signalAll();
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  private BrowserEvent event(String name, JsonObjectBuilder data) {
    return new BrowserEvent(name, nextId(), data.object().write());
  }

  /** {@return the id of the next event; empty for one that the journal does not have} */
  private String nextId() {
    if (!resumable) {
      id++;
      return Long.toString(id);
    }
    String now = BrowserPosition.after(stream).orElse(place);
    boolean moved = !now.equals(place);
    place = now;
    return moved ? now : "";
  }

  private static JsonObjectBuilder of(String type) {
    return JsonObjectBuilder.of("type", type);
  }

  private BrowserEvent text(String type, int choice, String text) {
    var data = of(type);
    if (choice != 0) {
      data.number("choice", choice);
    }
    return event(type, data.text("text", text));
  }

  /** {@return the event for a page; null for what is none of its business} */
  private @Nullable BrowserEvent shown(StreamEvent event) {
    return switch (event) {
      case StreamEvent.Started(String responseId, String model) ->
          event("start", of("start").text("response", responseId).text("model", model));
      case StreamEvent.TextDelta(int choice, String text) -> text("text", choice, text);
      case StreamEvent.ReasoningDelta(int choice, String text) -> text("reasoning", choice, text);
      case StreamEvent.RefusalDelta(int choice, String text) -> text("refusal", choice, text);
      case StreamEvent.ToolCallReady(var call) ->
          event(
              "tool",
              of("tool")
                  .text("id", call.id())
                  .text("name", call.name())
                  .text("arguments", call.arguments()));
      case StreamEvent.Retrying(int retry, int max, Duration delay, var rung) ->
          event(
              "retry",
              of("retry")
                  .number("retry", retry)
                  .number("max", max)
                  .number("delayMillis", delay.toMillis()));
      case StreamEvent.ToolCallDelta delta -> null; // The whole call is shown.
      case StreamEvent.ToolCallMarked marked -> null;
      case StreamEvent.ToolCallSigned signed -> null;
      case StreamEvent.Usage usage -> null; // In the last event.
      case StreamEvent.Finished finished -> null; // In the last event.
      case StreamEvent.DoneMarker marker -> null;
      case StreamEvent.Heartbeat heartbeat -> null; // Pings have a clock of their own.
      case StreamEvent.Opaque opaque -> null;
      case StreamEvent.ErrorReported reported -> null; // The attempt fails of it.
      case StreamEvent.FrameRejected rejected -> null;
      case StreamEvent.AttemptFailed failed -> null; // A retry or the end follows.
      case StreamEvent.SeamMarked seam -> null; // The text is one.
      case StreamEvent.Warned warned -> null;
    };
  }

  private BrowserEvent end(Outcome outcome) {
    var cause = outcome.cause().orElse(null);
    if (cause != null) {
      String detail = outcome.failure().map(Failure::detail).orElse("the answer is not complete");
      return failure(cause, detail);
    }
    var data = of(DONE);
    outcome
        .finish()
        .map(Finish::reason)
        .ifPresent(reason -> data.text("finish", reason.name().toLowerCase(Locale.ROOT)));
    data.text("exactness", outcome.exactness().name().toLowerCase(Locale.ROOT));
    outcome
        .usage()
        .ifPresent(usage -> {
          usage.input().ifPresent(tokens -> data.number("inputTokens", tokens));
          usage.output().ifPresent(tokens -> data.number("outputTokens", tokens));
        });
    return event(DONE, data);
  }

  private BrowserEvent failure(Cause cause, String detail) {
    return event(FAILURE, of(FAILURE).text("cause", cause.id()).text("message", detail));
  }
}
