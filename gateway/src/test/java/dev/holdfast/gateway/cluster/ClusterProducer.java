package dev.holdfast.gateway.cluster;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.gateway.journal.StreamRecording;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;

/** Writes one stream, as a session of the gateway does: whole frames, then an end. */
final class ClusterProducer implements StreamRecording.Producer {
  private static final JournalEnd CUT =
      new JournalEnd(JournalEnd.Kind.TRUNCATED, "connection-lost" + StreamRecording.UNWRITTEN);

  private final ClusterWorld world;
  private final StreamHistory.Plan plan;
  private final StreamRecording recording;
  private final int epoch;
  private final PlantedClusterBug bug;
  private int next;
  private boolean begun;
  private boolean done;
  private boolean rested;

  ClusterProducer(
      ClusterWorld world,
      StreamHistory.Plan plan,
      StreamRecording recording,
      int epoch,
      int stored,
      PlantedClusterBug bug) {
    this.world = world;
    this.plan = plan;
    this.recording = recording;
    this.epoch = epoch;
    this.bug = bug;
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

  /** {@return nanoseconds until the upstream sends more} */
  long pause() {
    if (plan.silent() && !rested && next >= plan.sent() / 2) {
      rested = true;
      return ClusterWorld.millis(2_500);
    }
    return world.draw(1, 300);
  }

  /** The upstream sends a piece, or ends. */
  void step() {
    if (done || !recording.isWritable()) {
      return;
    }
    if (!begun) {
      begun = true;
      recording.head(200, new DefaultHttpHeaders(), StreamRecording.UNKNOWN);
    }
    if (next < plan.sent()) {
      for (int i = 1 + world.random.nextInt(3); i > 0 && next < plan.sent(); i--) {
        recording.body(Unpooled.wrappedBuffer(plan.frame(next++, epoch)));
      }
      recording.flush();
      return;
    }
    boolean complete = !plan.cut() || bug == PlantedClusterBug.CUT_CALLED_COMPLETE;
    recording.ending(complete ? JournalEnd.of(JournalEnd.Kind.COMPLETE) : CUT);
    recording.end(EmptyHttpHeaders.INSTANCE);
    done = true;
  }

  /** No upstream continues it. */
  void truncate() {
    recording.ending(CUT);
    recording.abort();
    done = true;
  }

  @Override
  public void stop() {
    if (!done) {
      done = true;
      recording.ending(
          new JournalEnd(JournalEnd.Kind.CANCELLED, "cancelled" + StreamRecording.UNWRITTEN));
      recording.abort();
    }
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

  @Override
  public void readersGone() {}

  @Override
  public void readersBack() {}

  @Override
  public void writability() {}

  @Override
  public void replaced() {}
}
