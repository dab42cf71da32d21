package dev.holdfast.cli.playground;

import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.core.spi.Observation;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.stream.Verdict;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;

/**
 * Writes what streams do as JSON lines, without a word of their content. The model's name, which
 * the page makes up for each question, names the stream.
 */
public final class StreamLines implements StreamObserver {
  /** So many wait at most: streams must not wait for a reader of stdout. */
  private static final int QUEUE = 10_000;

  private final BlockingQueue<JsonLine> queue = new ArrayBlockingQueue<>(QUEUE);

  /** Writes lines to {@code out}, on a thread of its own. */
  public StreamLines(Consumer<? super JsonLine> out) {
    Thread.ofPlatform().name("stream-lines").daemon().start(() -> write(out));
  }

  private void write(Consumer<? super JsonLine> out) {
    try {
      while (true) {
        out.accept(queue.take());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public boolean neverBlocks() {
    return true;
  }

  private void add(JsonLine line) {
    boolean unused = queue.offer(line);
  }

  @Override
  public Watch begun(Target first, long nanos) {
    return new Lines(first.model());
  }

  private final class Lines implements Watch {
    private final String model;
    private boolean text;

    Lines(String model) {
      this.model = model;
    }

    private JsonLine line(String event) {
      return JsonLine.of(event).with("model", model);
    }

    @Override
    public void delivered(int events, long characters, long nanos) {
      if (!text && characters > 0) {
        text = true;
        add(line("first-text"));
      }
    }

    @Override
    public void observed(Observation observation, long nanos) {
      switch (observation) {
        case Observation.AttemptOpened opened ->
            add(line("asked").with("attempt", opened.attempt()));
        case Observation.AttemptClosed(int attempt, var failure) -> {
          if (failure != null) {
            add(
                line("attempt-failed")
                    .with("attempt", attempt)
                    .with("cause", failure.cause().id())
                    .with("detail", failure.detail()));
          }
        }
        case Observation.Retrying(int retry, int max, var delay, var rung) ->
            add(
                line("retrying")
                    .with("retry", retry)
                    .with("max", max)
                    .with("delay_ms", delay.toMillis())
                    .with("rung", word(rung)));
        case Observation.SeamMarked(var seam) ->
            add(
                line("seam")
                    .with("offset", seam.offset())
                    .with("rung", word(seam.rung()))
                    .with("attempt", seam.attempt())
                    .with("overlap", seam.overlap()));
        case Observation.Ended ended -> add(end(ended));
        case Observation.FrameRejected rejected -> {}
        case Observation.Warned warned -> {}
        case Observation.Heartbeat heartbeat -> {}
        case Observation.Missed missed -> {}
      }
    }

    private JsonLine end(Observation.Ended ended) {
      var failure = ended.failure();
      var stop = ended.stoppedBy();
      return line("ended")
          .with("complete", ended.verdict() instanceof Verdict.Complete)
          .with("cause", failure == null ? null : failure.cause().id())
          .with("detail", failure == null ? null : failure.detail())
          .with("stopped_by", stop == null ? null : stop.id())
          .with("tokens", ended.outputTokens())
          .with("tokens_estimated", ended.tokensEstimated())
          .with("wasted_tokens", ended.wastedTokens());
    }
  }

  private static String word(Enum<?> member) {
    return member.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
