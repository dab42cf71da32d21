package dev.holdfast.gateway.server;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.access.KeyRing;
import dev.holdfast.gateway.config.ClientGone;
import dev.holdfast.gateway.config.Credential;
import dev.holdfast.gateway.journal.Caller;
import dev.holdfast.gateway.journal.StreamReader;
import dev.holdfast.gateway.journal.StreamRecording;
import dev.holdfast.gateway.journal.StreamStore;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.message.Credentials;
import dev.holdfast.gateway.message.RequestFacts;
import dev.holdfast.gateway.route.RequestPath;
import dev.holdfast.gateway.stream.JournaledStreams;
import dev.holdfast.gateway.stream.StreamRequest;
import dev.holdfast.gateway.upstream.Destination;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.io.ByteArrayInputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Continues the streams that another process began and did not end: at once where this gateway has
 * what the upstream lets it in with, else once a client comes back with its credential, and within
 * a time. A stream that cannot be continued ends as truncated.
 */
public final class Continuation implements JournaledStreams.Orphans, AutoCloseable {
  private static final JournalEnd CUT =
      new JournalEnd(JournalEnd.Kind.TRUNCATED, "connection-lost" + StreamRecording.UNWRITTEN);
  private static final JournalEnd STOPPED =
      new JournalEnd(JournalEnd.Kind.CANCELLED, "cancelled" + StreamRecording.UNWRITTEN);

  private static final int MOST_IN_MEMORY = 4;

  /** How often streams of gateways that died are looked for. */
  private static final Duration LOOK = Duration.ofMillis(250);

  private final ServerContext server;
  private final JournaledStreams kept;
  private final StreamStore store;
  private final Supplier<EventLoop> loops;
  private final Map<StreamId, Waiting> waiting = new ConcurrentHashMap<>();

  /** Clients here of streams that other gateways write, should these die. */
  private final Map<StreamReader, JournaledStreams.Wanted> readers = new ConcurrentHashMap<>();

  /** Streams that may be in memory whole at a time. */
  private final Semaphore room = new Semaphore(MOST_IN_MEMORY);

  /** Reads from the disk, one stream after another. */
  private final ScheduledExecutorService worker =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("holdfast-continue").factory());

  /**
   * A stream that is open and that nothing writes, until it is written again or has ended.
   * Thread-safe.
   */
  private static final class Waiting {
    private final List<JournaledStreams.Wanted> readers = new ArrayList<>();
    private final List<Runnable> stops = new ArrayList<>();
    private boolean taken;
    private boolean settled;

    /** {@return whether the reader will be counted; false once it is settled} */
    synchronized boolean read(JournaledStreams.Wanted reader) {
      return !settled && readers.add(reader);
    }

    /** {@return whether the end that is asked for will be seen to; false once it is settled} */
    synchronized boolean stop(Runnable stopped) {
      return !settled && stops.add(stopped);
    }

    /** {@return whether the caller is the only one that takes it over} */
    synchronized boolean take() {
      boolean first = !taken;
      taken = true;
      return first;
    }

    synchronized boolean isTaken() {
      return taken;
    }

    /** From now on neither readers nor stops are taken. */
    synchronized void settle() {
      settled = true;
    }
  }

  /** What continues the streams that a store found open. */
  public Continuation(ServerContext server, JournaledStreams kept, Supplier<EventLoop> loops) {
    this.server = server;
    this.kept = kept;
    this.store = kept.store();
    this.loops = loops;
    store.leftOpen().forEach(id -> waiting.put(id, new Waiting()));
  }

  /** Begins; requests may arrive already. */
  public void start() {
    if (store.isShared()) {
      worker.scheduleWithFixedDelay(
          this::adopt, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }
    long quarter = store.config().ttl().toMillis() / 4;
    var unused =
        worker.scheduleAtFixedRate(
            () -> waiting.keySet().forEach(store::touch), quarter, quarter, TimeUnit.MILLISECONDS);
    store.leftOpen().forEach(id -> worker.execute(() -> begin(id)));
  }

  @Override
  public void close() {
    worker.shutdownNow();
  }

  /** Takes over what other gateways left. */
  private void adopt() {
    try {
      for (StreamId id : store.orphans()) {
        var there = new Waiting();
        if (waiting.putIfAbsent(id, there) == null) {
          begin(id, interested(id, there));
        }
      }
      readers.values().removeIf(wanted -> wanted.reader().isOver());
    } catch (RuntimeException e) {
      // The journal cannot be reached; the next time it may be.
    }
  }

  /** {@return a client that reads the stream; null for none} */
  private JournaledStreams.@Nullable Wanted interested(StreamId id, Waiting there) {
    JournaledStreams.Wanted first = null;
    for (var wanted : List.copyOf(readers.values())) {
      if (wanted.id().equals(id) && !wanted.reader().isOver() && there.read(wanted)) {
        readers.remove(wanted.reader());
        first = first == null ? wanted : first;
      }
    }
    return first;
  }

  private void begin(StreamId id) {
    begin(id, null);
  }

  private void begin(StreamId id, JournaledStreams.@Nullable Wanted wanted) {
    if (!attempt(id, wanted)) {
      long wait = store.config().waitForClient().toMillis();
      var unused = worker.schedule(() -> giveUp(id, CUT), wait, TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public void wanted(JournaledStreams.Wanted wanted) {
    var there = waiting.get(wanted.id());
    if (there == null || !there.read(wanted)) {
      wanted.rejoin();
      if (store.isShared() && store.live(wanted.id()) == null) {
        readers.put(wanted.reader(), wanted);
      }
      return;
    }
    execute(() -> attempt(wanted.id(), wanted));
  }

  @Override
  public void abandon(StreamId id, Runnable stopped) {
    var there = waiting.get(id);
    if (there == null || !there.stop(stopped)) {
      stop(id, stopped);
      return;
    }
    execute(() -> giveUp(id, STOPPED));
  }

  /** Ends a stream that waits no more: it is written again, or has ended. */
  private void stop(StreamId id, Runnable stopped) {
    var live = store.live(id);
    if (live != null) {
      live.stop(stopped);
    } else if (store.isShared()) {
      execute(() -> seize(id, stopped));
    } else {
      stopped.run();
    }
  }

  /** Ends a stream that another gateway may write. */
  private void seize(StreamId id, Runnable stopped) {
    try {
      store.seize(id, STOPPED, stopped);
    } catch (RuntimeException e) {
      stopped.run(); // The journal cannot be reached.
    }
  }

  private void execute(Runnable action) {
    try {
      worker.execute(action);
    } catch (RejectedExecutionException e) {
      // The gateway ends; the next process continues.
    }
  }

  private void giveUp(StreamId id, JournalEnd end) {
    var there = waiting.get(id);
    if (there == null || !there.take()) {
      return; // What takes it over sees to the stops.
    }
    try {
      store.takeOver(
          id,
          epoch -> {
            if (epoch > 0) {
              store.end(id, epoch, end, () -> settle(id, there));
            } else {
              settle(id, there);
            }
          });
    } catch (RuntimeException e) {
      settle(id, there);
    }
  }

  private void settle(StreamId id, Waiting there) {
    there.settle();
    waiting.remove(id);
    there.readers.forEach(JournaledStreams.Wanted::rejoin);
    there.stops.forEach(stopped -> stop(id, stopped));
  }

  // ---------------------------------------------------------------- one stream

  /** {@return whether nothing more is to be waited for} */
  private boolean attempt(StreamId id, JournaledStreams.@Nullable Wanted wanted) {
    var there = waiting.get(id);
    if (there == null || there.isTaken()) {
      return true;
    }
    try {
      room.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true; // The gateway ends; the next process continues.
    }
    boolean taken = false;
    var record = new ExchangeRecord(now(), server.log());
    try {
      var stored = store.read(id).orElse(null);
      if (stored == null || stored.request() == null) {
        giveUp(id, CUT);
        return true;
      }
      var prepared = prepare(id, stored, wanted, record);
      if (prepared == null) {
        return false; // For its client.
      }
      taken = there.take();
      if (taken) {
        take(id, stored, prepared, record, there);
      } else {
        prepared.request().release();
      }
    } catch (UncheckedIOException e) {
      settle(id, there); // The journal cannot be reached; the next look finds the stream again.
    } catch (Dispatch.RefusedException | RuntimeException e) {
      giveUp(id, CUT);
    } finally {
      if (!taken) {
        record.conclude(Outcome.REJECTED, "", now());
        room.release();
      }
    }
    return true;
  }

  /** What is sent on. */
  private record Prepared(StreamRequest request) {}

  private @Nullable Prepared prepare(
      StreamId id,
      StreamStore.Stored stored,
      JournaledStreams.@Nullable Wanted wanted,
      ExchangeRecord record)
      throws Dispatch.RefusedException {
    var asked = stored.request();
    if (asked == null) {
      throw new IllegalArgumentException("request: must be stored, was not");
    }
    var setup = server.setup().get();
    var path = RequestPath.of(asked.target());
    HttpHeaders headers = asked.sent();
    var found = found(id, setup);
    if (found == null && !setup.keys().isEmpty()) {
      if (store.isShared()) {
        return null; // Another gateway may know the key already, or still.
      }
      throw new Dispatch.RefusedException(Refusals.noKey(false));
    }
    boolean lacksCredential =
        !asked.isAnonymous() && store.owner(id, List.of(Caller.ofClient(List.of()))) == null;
    if (wanted != null) {
      var presented = wanted.arrival().credentials();
      Credentials.carry(presented.headers(), headers);
      path = new RequestPath(path.path(), Credentials.carried(presented.query(), path.query()));
      if (found != null) {
        var again =
            setup.keys().find(Credentials.presented(presented.headers(), presented.query()));
        found = again == null ? found : again;
      }
      String own = found == null ? "" : found.key();
      lacksCredential &=
          Credentials.deciding(presented.headers(), presented.query(), own).isEmpty();
    }
    var front = asked.front();
    byte[] body = asked.body();
    record.asked("POST", path.path(), front);
    if (found != null) {
      record.key(found.tenant().name());
    }
    var dispatch =
        new Dispatch(server, setup, record, HttpMethod.POST, headers, path, front, found);
    RequestFacts read = RequestFacts.of(new ByteArrayInputStream(body), Reception.byDefault(front));
    if (read == null) {
      throw new IllegalArgumentException("body: must be JSON, was not");
    }
    String model = dispatch.model(read.model());
    var ways = dispatch.route(model, body, body.length);
    var destinations = authorFirst(ways.destinations(), stored);
    boolean lacks =
        destinations.getFirst().config().credential() instanceof Credential.Passed
            && lacksCredential;
    var gone = ways.route().streams().delivery().clientGone();
    boolean attended = gone instanceof ClientGone.Cancel || gone instanceof ClientGone.Drain;
    if (lacks || (attended && wanted == null)) {
      return null;
    }
    var request =
        StreamRequest.of(
            front,
            headers,
            destinations,
            new RequestFacts(true, model, read.usageAsked() || Reception.isGemini(front)),
            ways.route().streams(),
            server.streams().open());
    if (request == null) {
      throw new IllegalArgumentException("body: must be a request for a stream, was another");
    }
    dispatch.readmit(ways);
    return new Prepared(request);
  }

  /** {@return the key whose stream it is; null if it is none of this gateway's} */
  private KeyRing.@Nullable Found found(StreamId id, Setup setup) {
    for (var tenant : setup.keys().tenants()) {
      if (store.owner(id, List.of(Caller.ofKey(tenant.sha256()))) != null) {
        return new KeyRing.Found("", tenant);
      }
    }
    return null;
  }

  /** Another upstream does not know the answer that was begun. */
  private static List<Destination> authorFirst(
      List<Destination> destinations, StreamStore.Stored stored) {
    var head = stored.head();
    String author = head == null ? "" : head.headers().get("x-holdfast-upstream", "");
    var ordered = new ArrayList<>(destinations);
    for (var destination : destinations) {
      if (destination.config().name().equals(author)) {
        ordered.remove(destination);
        ordered.addFirst(destination);
      }
    }
    return ordered;
  }

  private void take(
      StreamId id,
      StreamStore.Stored stored,
      Prepared prepared,
      ExchangeRecord record,
      Waiting there) {
    EventLoop loop = loops.get();
    try {
      store.takeOver(
          id,
          stored.tail(),
          epoch -> loop.execute(() -> resume(id, epoch, loop, stored, prepared, record, there)));
    } catch (RuntimeException e) {
      resume(id, 0, loop, stored, prepared, record, there);
    }
  }

  private void resume(
      StreamId id,
      int epoch,
      EventLoop loop,
      StreamStore.Stored stored,
      Prepared prepared,
      ExchangeRecord record,
      Waiting there) {
    try {
      if (epoch == 0 && store.isShared()) {
        prepared.request().release();
        record.conclude(Outcome.REJECTED, "", now()); // Another gateway was faster.
        return;
      }
      server.metrics().began();
      if (epoch == 0) {
        prepared.request().release();
        record.finish(Outcome.FAILED, "journal-failed", now());
        return;
      }
      var recording =
          new StreamRecording(
              store, id, prepared.request().dialect(), loop, epoch, stored.tail(), now());
      kept.resume(server.streams(), prepared.request(), recording, record, stored);
    } catch (RuntimeException e) {
      record.finish(Outcome.FAILED, "defect", now());
      throw e;
    } finally {
      room.release();
      settle(id, there);
    }
  }

  private long now() {
    return server.streams().clock().getAsLong();
  }
}
