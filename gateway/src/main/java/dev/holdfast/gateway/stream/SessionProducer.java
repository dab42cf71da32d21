package dev.holdfast.gateway.stream;

import dev.holdfast.gateway.journal.StreamRecording;

/** The session of a stream that is written to the journal, as its recording sees it. */
record SessionProducer(StreamSession session) implements StreamRecording.Producer {
  @Override
  public void readersGone() {
    session.clientGone();
  }

  @Override
  public void readersBack() {
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
