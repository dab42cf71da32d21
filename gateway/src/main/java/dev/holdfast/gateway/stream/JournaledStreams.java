package dev.holdfast.gateway.stream;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.config.ClientGone;
import dev.holdfast.gateway.config.Identical;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.journal.Caller;
import dev.holdfast.gateway.journal.ChatTurn;
import dev.holdfast.gateway.journal.SignOfLife;
import dev.holdfast.gateway.journal.StoredRequest;
import dev.holdfast.gateway.journal.StreamHeaders;
import dev.holdfast.gateway.journal.StreamReader;
import dev.holdfast.gateway.journal.StreamRecording;
import dev.holdfast.gateway.journal.StreamRefusals;
import dev.holdfast.gateway.journal.StreamStore;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.message.ClientExchange;
import dev.holdfast.gateway.message.ClientResponse;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Begins streams that are kept in the journal, and attaches identical requests. Thread-safe. */
public final class JournaledStreams {
  /** How long a whole answer that no client read to its end is found without a key. */
  private static final Duration KEEP = Duration.ofMinutes(5);

  private final StreamStore store;
  private final AtomicReference<Orphans> orphans = new AtomicReference<>(new NoOrphans());

  /** Streams that another process began, and that none writes now. */
  public interface Orphans {
    /** A client reads one. */
    void wanted(Wanted wanted);

    /**
     * A client asks for the end of one.
     *
     * @param stopped is called once it is stored, or cannot be
     */
    void abandon(StreamId id, Runnable stopped);
  }

  private static final class NoOrphans implements Orphans {
    @Override
    public void wanted(Wanted wanted) {}

    @Override
    public void abandon(StreamId id, Runnable stopped) {
      stopped.run();
    }
  }

  /**
   * A client that reads a stream.
   *
   * @param arrival its request where it asks for the stream anew; its credentials may be needed
   */
  public record Wanted(StreamId id, StreamReader reader, ClientResponse client, Arrival arrival) {
    /** Its producer knows of the reader, if the stream is written now. */
    public void rejoin() {
      client.loop().execute(reader::rejoin);
    }
  }

  /**
   * A request that arrives, as far as the journal is concerned.
   *
   * @param caller whose it is
   * @param stored what is kept of it, credentials excluded
   * @param credentials with them
   * @param ids whether the client's events carry ids
   * @param chat the chat that it continues; null for none
   */
  public record Arrival(
      Caller caller,
      StoredRequest stored,
      Credentialed credentials,
      boolean ids,
      @Nullable ChatTurn chat) {}

  /**
   * What a client presents.
   *
   * @param headers of its request
   * @param query of its request
   */
  public record Credentialed(HttpHeaders headers, String query) {
    /** {@return nothing of it} */
    @Override
    public String toString() {
      return "Credentialed";
    }
  }

  /** The streams of a store. */
  public JournaledStreams(StreamStore store) {
    this.store = store;
  }

  /** {@return where the streams are} */
  public StreamStore store() {
    return store;
  }

  /** Sets what continues streams that another process began. */
  public void orphans(Orphans orphans) {
    this.orphans.set(orphans);
  }

  /** A client reads a stream that nothing writes. */
  public void wanted(Wanted wanted) {
    orphans.get().wanted(wanted);
  }

  /** Ends a stream that nothing writes. */
  public void abandon(StreamId id, Runnable stopped) {
    orphans.get().abandon(id, stopped);
  }

  // ---------------------------------------------------------------- a request

  /** What one request brings. */
  private record Begin(
      StreamContext context,
      StreamRequest request,
      RequestIdentity identity,
      Arrival arrival,
      ClientResponse client,
      ExchangeRecord record,
      BooleanSupplier admitted,
      Consumer<? super ClientExchange> serve) {
    StreamReader.Manner manner(boolean attached) {
      var settings = request.settings();
      return new StreamReader.Manner(
          request.dialect(),
          arrival.ids(),
          StreamHeaders.readsTypedEnd(arrival.credentials().headers()),
          true,
          attached,
          settings.keepAlive(),
          new SignOfLife(request.keepAlive()));
    }
  }

  /**
   * Begins a stream, or attaches the client to one that is there.
   *
   * @param admitted whether a limit lets in a request that is sent on; refuses it otherwise
   * @param serve receives what serves the client
   */
  public void begin(
      StreamContext context,
      StreamRequest request,
      RequestIdentity identity,
      Arrival arrival,
      ClientResponse client,
      ExchangeRecord record,
      BooleanSupplier admitted,
      Consumer<? super ClientExchange> serve) {
    begin(new Begin(context, request, identity, arrival, client, record, admitted, serve));
  }

  private void begin(Begin begin) {
    boolean admitted = false;
    while (true) {
      String hash = begin.identity().hash();
      StreamId there = store.identical(hash);
      if (there != null && attaches(begin, there)) {
        attach(begin, there);
        return;
      }
      if (!admitted && !begin.admitted().getAsBoolean()) {
        begin.request().release();
        return;
      }
      admitted = true;
      var recording =
          new StreamRecording(
              store,
              store.draw(),
              begin.request().dialect(),
              begin.client().loop(),
              begin.context().clock().getAsLong());
      if (recording.claims(hash, there)) {
        var other = there == null ? null : store.live(there);
        if (other != null && isReplaced(begin)) {
          other.replace();
        }
        start(begin, recording);
        return;
      }
    }
  }

  private static boolean isReplaced(Begin begin) {
    return begin.request().settings().delivery().identical() == Identical.REPLACE;
  }

  private boolean attaches(Begin begin, StreamId there) {
    boolean keyed = begin.identity().explicit();
    var live = store.live(there);
    if (live == null) {
      var end = store.stored(there).flatMap(stream -> stream.end());
      // Without a key it is found only while it may be.
      return end.map(how -> how.kind() == JournalEnd.Kind.COMPLETE).orElse(keyed);
    }
    var delivery = begin.request().settings().delivery();
    long age = begin.context().clock().getAsLong() - live.beganNanos();
    return switch (delivery.identical()) {
      case AUTO -> keyed || !live.isAnswering() || live.isUnattended();
      case OFF -> keyed || live.isUnattended();
      case ATTACH -> keyed || live.isUnattended() || age <= delivery.identicalWindow().toNanos();
      case REPLACE -> false;
    };
  }

  private void attach(Begin begin, StreamId id) {
    begin.record().stream(begin.request().model());
    var reader =
        new StreamReader(
            store, id, JournalOffset.START, begin.client(), begin.manner(true), begin.record());
    begin.serve().accept(reader);
    var live = store.live(id);
    if (live == null) {
      joined(begin, reader);
      wanted(new Wanted(id, reader, begin.client(), begin.arrival()));
      return;
    }
    live.whenCreated(refusal ->
        begin
            .client()
            .loop()
            .execute(() -> {
              if (refusal == null) {
                joined(begin, reader);
              } else {
                detached(begin, reader, refusal);
              }
            }));
  }

  private static void joined(Begin begin, StreamReader reader) {
    begin.record().attached();
    begin.request().release();
    reader.begin();
  }

  /** The stream could not be kept: each client has one of its own. */
  private void detached(Begin begin, StreamReader reader, JournalRefusal refusal) {
    boolean alone = store.config().whenFull() != JournalConfig.WhenFull.REFUSE;
    if (alone && !reader.isOver() && !begin.admitted().getAsBoolean()) {
      begin.request().release();
      var unused = reader.release();
      return;
    }
    unkept(begin, reader, refusal);
  }

  private void start(Begin begin, StreamRecording recording) {
    var request = begin.request();
    begin.record().stream(request.model());
    var reader =
        new StreamReader(
            store, recording.id(), JournalOffset.START, begin.client(), begin.manner(false), null);
    begin.serve().accept(reader);
    String hash = begin.identity().hash();
    var chat = begin.arrival().chat();
    if (chat != null) {
      replaceIn(chat.tag(), recording.id());
    }
    recording.whenCreated(refusal -> {
      if (refusal == null) {
        reader.begin();
        run(begin, recording);
      } else {
        store.forget(hash, recording.id());
        if (chat != null) {
          store.chats().forget(chat.tag(), recording.id());
        }
        unkept(begin, reader, refusal);
      }
    });
    recording.create(
        begin.arrival().caller(),
        begin.arrival().stored(),
        hash,
        begin.identity().explicit(),
        chat);
  }

  /** A chat has one answer at a time: the one before is not waited for any more. */
  private void replaceIn(String chat, StreamId id) {
    var before = store.chats().begin(chat, id);
    var live = before == null ? null : store.live(before);
    if (live != null) {
      live.replace();
    } else if (before != null && store.stored(before).flatMap(there -> there.end()).isEmpty()) {
      abandon(before, () -> {});
    }
  }

  private void run(Begin begin, StreamRecording recording) {
    var request = begin.request();
    StreamSession session;
    try {
      session = new StreamSession(begin.context(), request, recording, begin.record(), null, null);
    } catch (RuntimeException e) {
      request.release();
      recording.over();
      throw e;
    }
    String hash = begin.identity().hash();
    boolean keyed = begin.identity().explicit();
    var gone = request.settings().delivery().clientGone();
    recording.whenOver(() -> forget(recording, hash, keyed, gone));
    begin.context().open().recorded(session);
    recording.by(new SessionProducer(session));
    session.begin();
    if (!recording.hasReaders()) {
      session.clientGone(); // It left while the stream was created.
    }
  }

  /**
   * Without a key, identical requests find a stream only while it is written, and for a time after
   * its end if no client has read it to that.
   */
  private void forget(StreamRecording recording, String hash, boolean keyed, ClientGone gone) {
    if (keyed) {
      return;
    }
    Duration keep =
        switch (gone) {
          case ClientGone.Detach(Duration time) -> time;
          case ClientGone.Auto auto -> KEEP;
          case ClientGone.Cancel cancel -> Duration.ZERO;
          case ClientGone.Drain drain -> Duration.ZERO;
        };
    if (recording.isUnattended() && keep.isPositive()) {
      forgetAfter(recording, hash, keep);
      return;
    }
    store.forget(hash, recording.id());
    if (keep.isPositive()) {
      // A client may have left already, which is seen only once it is written to.
      recording.whenLeft(() -> {
        if (recording.reclaims(hash)) {
          forgetAfter(recording, hash, keep);
        }
      });
    }
  }

  private void forgetAfter(StreamRecording recording, String hash, Duration keep) {
    var unused =
        recording
            .loop()
            .schedule(
                () -> store.forget(hash, recording.id()), keep.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** The journal takes no new stream. */
  private void unkept(Begin begin, StreamReader reader, JournalRefusal refusal) {
    var client = reader.release();
    if (client == null) {
      begin.request().release();
      begin.record().finish(Outcome.CLIENT_GONE, "cancelled", begin.context().clock().getAsLong());
      return;
    }
    if (store.config().whenFull() == JournalConfig.WhenFull.REFUSE) {
      begin.request().release();
      var full = StreamRefusals.full();
      begin.record().status(full.status());
      begin.record().finish(Outcome.REJECTED, full.code(), begin.context().clock().getAsLong());
      client.refuse(full);
      return;
    }
    begin.request().mark("off, " + reason(refusal));
    begin
        .context()
        .open()
        .alone(begin.context(), begin.request(), client, begin.record(), begin.serve());
  }

  private static String reason(JournalRefusal refusal) {
    return switch (refusal.reason()) {
      case FULL -> "full";
      case TOO_LARGE -> "too-large";
      case BUSY -> "busy";
      case UNKNOWN,
          EXISTS,
          FENCED,
          WRONG_SEQUENCE,
          ENDED,
          WRONG_OFFSET,
          STORAGE,
          DAMAGED,
          NO_CONTENT,
          CLOSED ->
          "storage";
    };
  }

  // ---------------------------------------------------------------- after a restart

  /**
   * Continues a stream that another process began, on the loop of its recording.
   *
   * @param stored what that process left
   */
  public void resume(
      StreamContext context,
      StreamRequest request,
      StreamRecording recording,
      ExchangeRecord record,
      StreamStore.Stored stored) {
    StreamSession session;
    try {
      session = new StreamSession(context, request, recording, record, null, null);
    } catch (RuntimeException e) {
      request.release();
      recording.over();
      throw e;
    }
    context.open().recorded(session);
    recording.by(new SessionProducer(session));
    if (!recording.hasReaders()) {
      session.unread();
    }
    if (stored.head() == null && stored.body().isEmpty()) {
      session.begin();
      return;
    }
    recording.resumed();
    session.resume(stored);
  }
}
