package dev.holdfast.gateway.stream;

import dev.holdfast.gateway.journal.StreamRecording;

/**
 * The session of a stream that is written to the journal, as its recording sees it; {@code left}
 * and {@code back} are called when its readers leave and return.
 */
record SessionProducer(StreamSession session, Runnable left, Runnable back)
    implements StreamRecording.Producer {
  SessionProducer(StreamSession session) {
    this(session, () -> {}, () -> {});
  }

  @Override
  public void readersGone() {
    left.run();
    session.clientGone();
  }

  @Override
  public void readersBack() {
    back.run();
    session.clientBack();
  }

  @Override
  public void writability() {
    session.writability();
  }

  @Override
  public void stop() {
    session.stopped();
  }

  @Override
  public void replaced() {
    session.replaced();
  }

  @Override
  public void lost() {
    session.journalLost();
  }
}
