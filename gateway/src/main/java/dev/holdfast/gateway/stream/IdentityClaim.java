package dev.holdfast.gateway.stream;

import dev.holdfast.core.spi.SharedState.Claimed;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.config.ClientGone;
import dev.holdfast.gateway.config.Delivery;
import dev.holdfast.gateway.config.Identical;
import dev.holdfast.gateway.journal.StreamRecording;
import dev.holdfast.gateway.journal.StreamStore;
import dev.holdfast.gateway.manage.ExchangeRecord;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How long identical requests find the stream of one request, here and at other gateways. On the
 * event loop of its recording.
 */
final class IdentityClaim {
  private final StreamStore store;
  private final SharedIdentity shared;
  private final RequestIdentity identity;
  private final Delivery delivery;
  private final StreamRecording recording;

  IdentityClaim(
      StreamStore store,
      SharedIdentity shared,
      RequestIdentity identity,
      Delivery delivery,
      StreamRecording recording) {
    this.store = store;
    this.shared = shared;
    this.identity = identity;
    this.delivery = delivery;
    this.recording = recording;
  }

  private StreamId id() {
    return recording.id();
  }

  /** This gateway has taken the stream over, and renews the claim of the one before it. */
  void takeOver() {
    shared.claim(id(), Claimed.OPEN, StreamSharing.keep(store.config(), identity.explicit()));
  }

  /**
   * {@return what writes the stream} Without a key, identical requests at other gateways find it
   * until its client reads its answer, and again once that client has left.
   */
  StreamRecording.Producer producer(StreamSession session, ExchangeRecord record) {
    if (identity.explicit() || delivery.identical() == Identical.ATTACH) {
      return new SessionProducer(session);
    }
    Runnable answering =
        () -> {
          if (recording.hasReaders()) {
            shared.claim(id(), Claimed.ANSWERING, StreamSharing.KEEP);
          }
        };
    record.onContent(answering);
    return new SessionProducer(
        session,
        () -> shared.claim(id(), Claimed.OPEN, StreamSharing.KEEP),
        () -> {
          if (recording.isAnswering()) {
            answering.run();
          }
        });
  }

  /**
   * The stream is over. Without a key, identical requests find it for a time if no client has read
   * it to its end, and else no more.
   */
  void over() {
    if (identity.explicit()) {
      shared.claim(id(), Claimed.KEPT, store.config().ttl());
      shared.leave(id());
      return;
    }
    Duration keep =
        switch (delivery.clientGone()) {
          case ClientGone.Detach(Duration time) -> time;
          case ClientGone.Auto auto -> StreamSharing.KEEP;
          case ClientGone.Cancel cancel -> Duration.ZERO;
          case ClientGone.Drain drain -> Duration.ZERO;
        };
    if (recording.isUnattended() && keep.isPositive()) {
      forgetAfter(keep);
      return;
    }
    store.forget(identity.hash(), id());
    shared.claim(id(), Claimed.DROPPED, keep);
    if (keep.isPositive()) {
      // A client may have left already, which is seen only once it is written to.
      recording.whenLeft(() -> {
        if (recording.reclaims(identity.hash())) {
          forgetAfter(keep);
        }
      });
    }
  }

  private void forgetAfter(Duration keep) {
    shared.claim(id(), Claimed.KEPT, keep);
    shared.leave(id());
    var unused =
        recording
            .loop()
            .schedule(
                () -> store.forget(identity.hash(), id()), keep.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * The session of a stream that is written to the journal, as its recording sees it; {@code left}
   * and {@code back} are called when its readers leave and return.
   */
  private record SessionProducer(StreamSession session, Runnable left, Runnable back)
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
}
