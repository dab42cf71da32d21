package dev.holdfast.gateway.stream;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.SharedState;
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
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Begins streams that are kept in the journal, and attaches identical requests. Thread-safe. */
public final class JournaledStreams {
  private final StreamStore store;
  private final AtomicReference<Orphans> orphans = new AtomicReference<>(new NoOrphans());

  /** Streams that another process began, and that none writes now. */
  public interface Orphans {
    /** A client reads one. */
    void wanted(Wanted wanted);

    /**
     * A client asks for the end of one.
     *
     * @param stopped receives whether it is stored, once that is known
     */
    void abandon(StreamId id, Consumer<Boolean> stopped);
  }

  private static final class NoOrphans implements Orphans {
    @Override
    public void wanted(Wanted wanted) {}

    @Override
    public void abandon(StreamId id, Consumer<Boolean> stopped) {
      stopped.accept(true);
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

  /** Ends a stream, wherever it is written. */
  public void abandon(StreamId id, Consumer<Boolean> stopped) {
    orphans.get().abandon(id, stopped);
  }

  // ---------------------------------------------------------------- a request

  /** What one request brings. */
  private record Begin(
      StreamContext context,
      StreamRequest request,
      RequestIdentity identity,
      @Nullable StreamSharing sharing,
      Arrival arrival,
      ClientResponse client,
      ExchangeRecord record,
      BooleanSupplier admitted,
      Consumer<? super ClientExchange> serve) {
    /** Changes how identical requests at other gateways receive the stream. */
    void claim(StreamId id, SharedState.Claimed how, Duration kept) {
      if (sharing != null) {
        sharing.claim(id, how, kept);
      }
    }

    /** From now on its claim runs out by itself. */
    void leave() {
      if (sharing != null) {
        sharing.leave();
      }
    }

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
   * @param sharing what gateways share about it; null if nothing is
   * @param admitted whether a limit lets in a request that is sent on; refuses it otherwise
   * @param serve receives what serves the client
   */
  public void begin(
      StreamContext context,
      StreamRequest request,
      RequestIdentity identity,
      @Nullable StreamSharing sharing,
      Arrival arrival,
      ClientResponse client,
      ExchangeRecord record,
      BooleanSupplier admitted,
      Consumer<? super ClientExchange> serve) {
    var begin =
        new Begin(context, request, identity, sharing, arrival, client, record, admitted, serve);
    if (sharing == null) {
      begin(begin, null);
      return;
    }
    StreamId here = store.known(identity.hash());
    if (here != null && store.live(here) != null && attaches(begin, here)) {
      attach(begin, here);
      return;
    }
    ask(begin, sharing, null);
  }

  /** Asks what gateways share; the client's loop does not wait. */
  private void ask(Begin begin, StreamSharing sharing, @Nullable StreamId instead) {
    StreamId own = store.draw();
    sharing.ask(
        own,
        instead,
        new StreamSharing.Asked() {
          @Override
          public void admitted() {
            begin(begin, own);
          }

          @Override
          public void joins(StreamId id) {
            join(begin, sharing, id);
          }

          @Override
          public void alone() {
            begin(begin, null);
          }

          @Override
          public void ended() {
            begin.request().release();
          }
        });
  }

  /** The stream is another gateway's, as a rule, which may be creating it at this moment. */
  private void join(Begin begin, StreamSharing sharing, StreamId id) {
    var live = store.live(id);
    if (live != null) {
      if (attaches(begin, id)) {
        attach(begin, id);
      } else {
        ask(begin, sharing, id);
      }
      return;
    }
    Thread.startVirtualThread(() -> {
      var found = store.created(id);
      try {
        begin.client().loop().execute(() -> joined(begin, sharing, id, found));
      } catch (RejectedExecutionException e) {
        // The gateway has ended, and the connection with it.
      }
    });
  }

  private void joined(
      Begin begin, StreamSharing sharing, StreamId id, Optional<JournalStream> found) {
    if (sharing.isGone()) {
      return; // Its request is released.
    }
    boolean answers =
        found
            .map(there ->
                there.end().map(end -> end.kind() == JournalEnd.Kind.COMPLETE).orElse(true))
            .orElse(false);
    var live = store.live(id);
    if (live == null ? answers : attaches(begin, id)) {
      if (begin.identity().explicit()) {
        store.learn(begin.identity().hash(), id);
      }
      attach(begin, id);
    } else {
      ask(begin, sharing, id);
    }
  }

  /**
   * Begins a stream, or attaches the client to one that is known here.
   *
   * @param own the id of the stream, as all gateways have let it in; null if this one decides
   */
  private void begin(Begin begin, @Nullable StreamId own) {
    boolean admitted = own != null;
    while (true) {
      String hash = begin.identity().hash();
      StreamId there = admitted ? store.known(hash) : store.identical(hash);
      boolean here = there != null && (own == null || store.live(there) != null);
      if (there != null && here && attaches(begin, there)) {
        if (own != null) {
          begin.claim(own, SharedState.Claimed.DROPPED, StreamSharing.KEEP);
        }
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
              own == null ? store.draw() : own,
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
        begin.claim(recording.id(), SharedState.Claimed.DROPPED, StreamSharing.KEEP);
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
      abandon(before, stopped -> {});
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
    recording.whenOver(() -> forget(begin, recording));
    begin.context().open().recorded(session);
    recording.by(producer(begin, recording, session));
    session.begin();
    if (!recording.hasReaders()) {
      session.clientGone(); // It left while the stream was created.
    }
  }

  /**
   * Without a key, identical requests at other gateways find a stream until its client reads its
   * answer, and again once that client has left.
   */
  private static SessionProducer producer(
      Begin begin, StreamRecording recording, StreamSession session) {
    boolean attaches = begin.request().settings().delivery().identical() == Identical.ATTACH;
    if (begin.sharing() == null || begin.identity().explicit() || attaches) {
      return new SessionProducer(session);
    }
    var id = recording.id();
    Runnable answering =
        () -> {
          if (recording.hasReaders()) {
            begin.claim(id, SharedState.Claimed.ANSWERING, StreamSharing.KEEP);
          }
        };
    begin.record().onContent(answering);
    return new SessionProducer(
        session,
        () -> begin.claim(id, SharedState.Claimed.OPEN, StreamSharing.KEEP),
        () -> {
          if (recording.isAnswering()) {
            answering.run();
          }
        });
  }

  /**
   * Without a key, identical requests find a stream only while it is written, and for a time after
   * its end if no client has read it to that.
   */
  private void forget(Begin begin, StreamRecording recording) {
    String hash = begin.identity().hash();
    if (begin.identity().explicit()) {
      begin.claim(recording.id(), SharedState.Claimed.OPEN, store.config().ttl());
      begin.leave();
      return;
    }
    var gone = begin.request().settings().delivery().clientGone();
    Duration keep =
        switch (gone) {
          case ClientGone.Detach(Duration time) -> time;
          case ClientGone.Auto auto -> StreamSharing.KEEP;
          case ClientGone.Cancel cancel -> Duration.ZERO;
          case ClientGone.Drain drain -> Duration.ZERO;
        };
    if (recording.isUnattended() && keep.isPositive()) {
      forgetAfter(begin, recording, keep);
      return;
    }
    store.forget(hash, recording.id());
    begin.claim(recording.id(), SharedState.Claimed.DROPPED, keep);
    if (keep.isPositive()) {
      // A client may have left already, which is seen only once it is written to.
      recording.whenLeft(() -> {
        if (recording.reclaims(hash)) {
          forgetAfter(begin, recording, keep);
        }
      });
    }
  }

  private void forgetAfter(Begin begin, StreamRecording recording, Duration keep) {
    String hash = begin.identity().hash();
    begin.claim(recording.id(), SharedState.Claimed.OPEN, keep);
    begin.leave();
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
