package dev.holdfast.gateway.stream;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.SharedState;
import dev.holdfast.core.spi.StreamId;
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
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Begins streams that are kept in the journal, and attaches identical requests. Thread-safe. */
public final class JournaledStreams {
  private final StreamStore store;

  /** Continues streams that another process began, and that none writes now; null before it may. */
  private volatile @Nullable Takeovers takeovers;

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
  public void continuedBy(Takeovers takeovers) {
    this.takeovers = takeovers;
  }

  /** A client reads a stream that nothing writes. */
  public void wanted(Wanted wanted) {
    var continues = takeovers;
    if (continues != null) {
      continues.wanted(wanted);
    }
  }

  /**
   * Ends a stream, wherever it is written.
   *
   * @param stopped receives whether that is stored, once it is known
   */
  public void abandon(StreamId id, Consumer<Boolean> stopped) {
    var continues = takeovers;
    if (continues == null) {
      stopped.accept(true);
    } else {
      continues.abandon(id, stopped);
    }
  }

  /** Another stream takes the place of one that is not written here. */
  private void replace(StreamId id) {
    var continues = takeovers;
    if (continues != null && store.live(id) == null) {
      continues.replace(id);
    }
  }

  // ---------------------------------------------------------------- a request

  /**
   * Receives what serves a client.
   *
   * @param stream serves it with a stream
   * @param meanwhile serves it until that is there
   */
  public record Serving(
      Consumer<? super ClientExchange> stream, Consumer<? super ClientExchange> meanwhile) {}

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
      Serving serving) {
    SharedIdentity shared() {
      return sharing == null ? SharedIdentity.NONE : sharing;
    }

    /** Identical requests at other gateways do not receive the stream. */
    void drop(StreamId id) {
      shared().claim(id, SharedState.Claimed.DROPPED, StreamSharing.KEEP);
    }

    void serve(ClientExchange exchange) {
      serving.stream().accept(exchange);
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
   * @param serving receives what serves the client
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
      Serving serving) {
    var begin =
        new Begin(context, request, identity, sharing, arrival, client, record, admitted, serving);
    if (sharing == null) {
      look(begin, false);
      return;
    }
    StreamId here = store.known(identity.hash());
    var live = here == null ? null : store.live(here);
    if (here != null && live != null && attaches(begin, live)) {
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
          public void admitted(@Nullable StreamId replaced) {
            begin(begin, own);
            if (replaced != null) {
              replace(replaced);
            }
          }

          @Override
          public void joins(StreamId id) {
            join(begin, sharing, id);
          }

          @Override
          public void alone() {
            look(begin, false);
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
      if (attaches(begin, live)) {
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
    if (live == null ? answers : attaches(begin, live)) {
      if (begin.identity().explicit()) {
        store.learn(begin.identity().hash(), id);
      }
      attach(begin, id);
    } else {
      ask(begin, sharing, id);
    }
  }

  /**
   * Begins a stream that all gateways have let in, or attaches the client to one that is written
   * here.
   *
   * @param own the id of the stream
   */
  private void begin(Begin begin, StreamId own) {
    while (true) {
      StreamId there = store.known(begin.identity().hash());
      var live = there == null ? null : store.live(there);
      if (there != null && live != null && attaches(begin, live)) {
        begin.drop(own);
        attach(begin, there);
        return;
      }
      if (starts(begin, own, there)) {
        return;
      }
    }
  }

  /** This gateway decides alone, by what it knows; the client's loop does not wait. */
  private void look(Begin begin, boolean admitted) {
    var looking =
        new LookingClient(
            begin.client(), begin.record(), begin.context().clock(), begin.request()::release);
    store.identical(
        begin.identity().hash(),
        begin.client().loop(),
        known -> {
          if (looking.settle()) {
            looked(begin, known, admitted);
          }
        });
    if (!looking.isOver()) {
      begin.serving().meanwhile().accept(looking);
    }
  }

  private void looked(Begin begin, StreamStore.Known known, boolean admitted) {
    StreamId there = known.id();
    var live = known.live();
    if (there != null && (live == null ? attaches(begin, known.stored()) : attaches(begin, live))) {
      attach(begin, there);
    } else if (!admitted && !begin.admitted().getAsBoolean()) {
      begin.request().release();
    } else if (!starts(begin, store.draw(), there)) {
      look(begin, true); // Another request was faster.
    }
  }

  /**
   * {@return whether a stream begins} Not where another request was faster.
   *
   * @param there the stream whose place it takes; null for none
   */
  private boolean starts(Begin begin, StreamId id, @Nullable StreamId there) {
    var recording =
        new StreamRecording(
            store,
            id,
            begin.request().dialect(),
            begin.client().loop(),
            begin.context().clock().getAsLong());
    if (!recording.claims(begin.identity().hash(), there)) {
      return false;
    }
    var other = there == null ? null : store.live(there);
    if (other != null && isReplaced(begin)) {
      other.replace();
    }
    start(begin, recording);
    return true;
  }

  private static boolean isReplaced(Begin begin) {
    return begin.request().settings().delivery().identical() == Identical.REPLACE;
  }

  /** {@return whether an identical request receives a stream that is not written here} */
  private static boolean attaches(Begin begin, Optional<JournalStream> stored) {
    // Without a key it is found only while it may be.
    return stored
        .flatMap(stream -> stream.end())
        .map(how -> how.kind() == JournalEnd.Kind.COMPLETE)
        .orElse(begin.identity().explicit());
  }

  private static boolean attaches(Begin begin, StreamRecording live) {
    boolean keyed = begin.identity().explicit();
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
    begin.serve(reader);
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
    begin.serve(reader);
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
        begin.drop(recording.id());
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
    } else if (before != null) {
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
    var claim =
        new IdentityClaim(
            store, begin.shared(), begin.identity(), request.settings().delivery(), recording);
    recording.whenOver(claim::over);
    begin.context().open().recorded(session);
    recording.by(claim.producer(session, begin.record()));
    session.begin();
    if (!recording.hasReaders()) {
      session.clientGone(); // It left while the stream was created.
    }
  }

  /** The journal takes no new stream. */
  private void unkept(Begin begin, StreamReader reader, JournalRefusal refusal) {
    var client = reader.release();
    if (client == null) {
      begin.request().release();
      begin.record().finish(Outcome.CLIENT_GONE, "cancelled", begin.context().clock().getAsLong());
      return;
    }
    String why = StreamRefusals.reason(refusal);
    begin.record().unkept(why);
    if (store.config().whenFull() == JournalConfig.WhenFull.REFUSE) {
      begin.request().release();
      var full = StreamRefusals.full();
      begin.record().status(full.status());
      begin.record().finish(Outcome.REJECTED, full.code(), begin.context().clock().getAsLong());
      client.refuse(full);
      return;
    }
    begin.request().mark("off, " + why);
    begin
        .context()
        .open()
        .alone(begin.context(), begin.request(), client, begin.record(), begin::serve);
  }

  // ---------------------------------------------------------------- after a restart

  /**
   * Continues a stream that another process began, on the loop of its recording.
   *
   * @param stored what that process left
   * @param shared how identical requests at other gateways find it
   */
  public void resume(
      StreamContext context,
      StreamRequest request,
      StreamRecording recording,
      ExchangeRecord record,
      StreamStore.Stored stored,
      SharedIdentity shared) {
    StreamSession session;
    try {
      session = new StreamSession(context, request, recording, record, null, null);
    } catch (RuntimeException e) {
      request.release();
      recording.over();
      throw e;
    }
    var identity = new RequestIdentity(stored.identity(), stored.keyed());
    var claim =
        new IdentityClaim(store, shared, identity, request.settings().delivery(), recording);
    claim.takeOver();
    recording.whenOver(claim::over);
    context.open().recorded(session);
    recording.by(claim.producer(session, record));
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
