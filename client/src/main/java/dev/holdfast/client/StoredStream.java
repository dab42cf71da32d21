package dev.holdfast.client;

import dev.holdfast.client.journaling.StoredEnding;
import dev.holdfast.client.journaling.StreamReader;
import dev.holdfast.client.transport.TimeSource;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A stream as the journal has it, read on the consumer's thread. Ending this reader does not end
 * the stream.
 *
 * <p>Concurrency: every plain field belongs to the holder of {@code driving}. {@link #cancel} never
 * waits for it.
 */
final class StoredStream implements CompletionStream.Source {
  private final StreamReader reader;
  private final DeliveredText kept;
  private final TimeSource time;
  private final long begunNanos;
  private final ReentrantLock driving = new ReentrantLock();
  private final AtomicReference<@Nullable String> cancelled = new AtomicReference<>();
  private final AtomicBoolean released = new AtomicBoolean();

  /** What the events show, for a stream whose producer did not store its outcome. */
  private final List<ToolCall> toolCalls = new ArrayList<>();

  private final List<Seam> seams = new ArrayList<>();

  private @Nullable StoredEnding facts;
  private volatile @Nullable Outcome outcome;

  StoredStream(StreamReader reader, DeliveredText kept, TimeSource time) {
    this.reader = reader;
    this.kept = kept;
    this.time = time;
    begunNanos = time.nanoTime();
    reader.readToTheEnd().ifPresent(this::ended);
  }

  @Override
  public @Nullable StreamEvent next() {
    driving.lock();
    try {
      return pull();
    } finally {
      driving.unlock();
    }
  }

  @Override
  public Outcome outcome() {
    driving.lock();
    try {
      while (true) {
        var there = outcome;
        if (there != null) {
          return there;
        }
        StreamEvent unused = pull();
      }
    } finally {
      driving.unlock();
    }
  }

  @Override
  public boolean isOver() {
    return outcome != null;
  }

  @Override
  public void awaitEnd() {
    Outcome unused = outcome();
  }

  @Override
  public void cancel(String why) {
    cancelled.compareAndSet(null, why);
    reader.close();
  }

  @Override
  public void abandon() {
    cancel("the stream was dropped without being closed");
    release();
  }

  @Override
  public void release() {
    if (released.compareAndSet(false, true)) {
      Thread.ofVirtual().name("holdfast-release").start(this::settle);
    }
  }

  private void settle() {
    driving.lock();
    try {
      Outcome unused = outcome();
      kept.close();
    } finally {
      driving.unlock();
    }
  }

  /** {@inheritDoc} Whether the stream does so is not the business of a reader, which only ends. */
  @Override
  public void detach() {
    cancel("the caller closed the stream");
    release();
  }

  @Override
  public Optional<String> id() {
    return Optional.of(reader.id());
  }

  @Override
  public Optional<String> offset() {
    return Optional.of(reader.offset());
  }

  @Override
  public boolean isDurable() {
    return true;
  }

  private @Nullable StreamEvent pull() {
    while (outcome == null) {
      switch (taken()) {
        case StreamReader.Item.Event(var event) -> {
          if (isKept(event)) {
            return event;
          }
        }
        case StreamReader.Item.Facts(var ending) -> facts = ending;
        case StreamReader.Item.End(var end) -> ended(end);
        case StreamReader.Item.Refused(var reason) -> refused(reason);
        case StreamReader.Item.Damaged() ->
            seal(failed(Cause.JOURNAL_FAILED, "an entry of the journal cannot be read"), null);
        case StreamReader.Item.Closed() -> {
          String why = cancelled.get();
          seal(failed(Cause.CANCELLED, why == null ? "the reader was closed" : why), null);
        }
      }
    }
    return null;
  }

  private StreamReader.Item taken() {
    try {
      return reader.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      cancel("the reading thread was interrupted");
      return new StreamReader.Item.Closed();
    }
  }

  private boolean isKept(StreamEvent event) {
    try {
      kept.take(event);
    } catch (IOException | RuntimeException e) {
      String detail = "the sink refused the text: " + e.getClass().getSimpleName();
      reader.close();
      seal(failed(Cause.JOURNAL_FAILED, detail), null);
      return false;
    }
    if (event instanceof StreamEvent.ToolCallReady(var call)) {
      toolCalls.add(call);
    } else if (event instanceof StreamEvent.SeamMarked(var seam)) {
      seams.add(seam);
    }
    return true;
  }

  private void refused(JournalRefusal.Reason reason) {
    switch (reason) {
      // It was there when the reader began: its time has passed, or it was deleted.
      case UNKNOWN -> ended(JournalEnd.of(JournalEnd.Kind.EXPIRED));
      case EXISTS,
          FENCED,
          WRONG_SEQUENCE,
          ENDED,
          WRONG_OFFSET,
          TOO_LARGE,
          FULL,
          BUSY,
          STORAGE,
          DAMAGED,
          NO_CONTENT,
          CLOSED ->
          seal(failed(Cause.JOURNAL_FAILED, "the journal cannot be read any more"), null);
    }
  }

  private void ended(JournalEnd end) {
    var stored = facts;
    Ending ending = stored != null ? stored.ending() : withoutFacts(end);
    seal(ending, end.kind());
  }

  /** The journal itself ends streams, and so does a process that takes them over. */
  private Ending withoutFacts(JournalEnd end) {
    return switch (end.kind()) {
      case COMPLETE -> Ending.builder().toolCalls(toolCalls).seams(seams).build();
      case CANCELLED -> failed(Cause.CANCELLED, "the stream was stopped");
      case EXPIRED -> failed(Cause.TRUNCATED, "the stream expired while it was read");
      case TRUNCATED, FAILED ->
          named(end)
              .map(cause -> failed(cause, "the journal has the cause alone"))
              .orElseGet(() -> interrupted(end.kind()));
    };
  }

  private static Optional<Cause> named(JournalEnd end) {
    for (Cause cause : Cause.values()) {
      if (cause.id().equals(end.detail())) {
        return Optional.of(cause);
      }
    }
    return Optional.empty();
  }

  private Ending interrupted(JournalEnd.Kind kind) {
    return kind == JournalEnd.Kind.TRUNCATED
        ? failed(Cause.TRUNCATED, "the process that wrote the stream ended before it")
        : failed(Cause.JOURNAL_FAILED, "the journal failed while the stream was written");
  }

  private Ending failed(Cause cause, String detail) {
    boolean inexact = seams.stream().anyMatch(seam -> !seam.rung().isExact());
    return Ending.builder()
        .verdict(Verdict.of(cause))
        .failure(Failure.permanent(cause, detail))
        .exactness(inexact ? Exactness.CONTINUED : Exactness.PREFIX)
        .toolCalls(toolCalls)
        .seams(seams)
        .build();
  }

  private void seal(Ending end, JournalEnd.@Nullable Kind journaled) {
    Ending reported = end;
    try {
      kept.finish();
    } catch (IOException | RuntimeException e) {
      reported = failed(Cause.JOURNAL_FAILED, "the sink refused the text");
    }
    var stored = facts;
    var timings =
        stored == null
            ? new Timings(Optional.empty(), Duration.ofNanos(time.nanoTime() - begunNanos))
            : new Timings(stored.firstToken(), stored.total());
    outcome = new Outcome(reported, kept, timings, journaled);
  }
}
