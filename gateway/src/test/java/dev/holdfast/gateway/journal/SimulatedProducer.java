package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.StreamId;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Writes one stream, as a session of the gateway does: whole frames, in pieces of any size, then an
 * end. The frames of each epoch differ, so that a splice of two epochs shows.
 */
final class SimulatedProducer implements StreamRecording.Producer {
  /** What one stream is meant to be. */
  record Plan(StreamId id, String dialect, int frames, boolean large, boolean cut, boolean leaves) {
    /** {@return the bytes of a frame} */
    byte[] frame(int index, int epoch) {
      int size = large ? 40_000 : 1 + (index * 37) % 90;
      String end = dialect.equals("ollama-chat") ? "\n" : "\n\n";
      String begin = dialect.equals("ollama-chat") ? "" : "data: ";
      String data = "{\"n\":%d,\"e\":%d,\"pad\":\"%s\"}".formatted(index, epoch, "x".repeat(size));
      return (begin + data + end).getBytes(StandardCharsets.US_ASCII);
    }
  }

  final Plan plan;
  final StreamRecording recording;
  private final int epoch;
  private final PlantedJournalBug bug;
  private final RandomGenerator random;
  private int next;
  private boolean begun;
  private boolean done;

  SimulatedProducer(
      Plan plan,
      StreamRecording recording,
      int epoch,
      int stored,
      PlantedJournalBug bug,
      RandomGenerator random) {
    this.plan = plan;
    this.recording = recording;
    this.epoch = epoch;
    this.bug = bug;
    this.random = random;
    next = stored;
  }

  /** The head is stored already. */
  void resumed() {
    begun = true;
    recording.resumed();
  }

  boolean isDone() {
    return done;
  }

  /** Writes a piece, or the end. */
  void step() {
    if (done || !recording.isWritable()) {
      return;
    }
    if (!begun) {
      begun = true;
      recording.head(200, new DefaultHttpHeaders(), StreamRecording.UNKNOWN);
    }
    int wanted = plan.cut() ? plan.frames() / 2 : plan.frames();
    if (next < wanted) {
      byte[] rest = plan.frame(next++, epoch);
      while (rest.length > 0) {
        int size = random.nextBoolean() ? rest.length : 1 + random.nextInt(rest.length);
        recording.body(Unpooled.wrappedBuffer(Arrays.copyOf(rest, size)));
        rest = Arrays.copyOfRange(rest, size, rest.length);
      }
      if (random.nextInt(3) > 0) {
        recording.flush();
      }
      return;
    }
    boolean complete = !plan.cut() || bug == PlantedJournalBug.CUT_CALLED_COMPLETE;
    recording.ending(
        complete
            ? JournalEnd.of(JournalEnd.Kind.COMPLETE)
            : new JournalEnd(
                JournalEnd.Kind.TRUNCATED, "connection-lost" + StreamRecording.UNWRITTEN));
    recording.end(EmptyHttpHeaders.INSTANCE);
    done = true;
  }

  private void cancel() {
    if (!done) {
      done = true;
      recording.ending(
          new JournalEnd(JournalEnd.Kind.CANCELLED, "cancelled" + StreamRecording.UNWRITTEN));
      recording.abort();
    }
  }

  @Override
  public void readersGone() {
    if (plan.leaves()) {
      cancel();
    }
  }

  @Override
  public void readersBack() {}

  @Override
  public void writability() {}

  @Override
  public void stop() {
    cancel();
  }

  @Override
  public void replaced() {
    cancel();
  }

  @Override
  public void lost() {
    done = true;
  }

  /** An orderly end of the process: another continues. */
  void suspend() {
    done = true;
    recording.suspend();
  }
}
