package dev.holdfast.gateway.server;

import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.access.KeyRing;
import dev.holdfast.gateway.config.ClientGone;
import dev.holdfast.gateway.config.Credential;
import dev.holdfast.gateway.journal.Caller;
import dev.holdfast.gateway.journal.StreamRecording;
import dev.holdfast.gateway.journal.StreamStore;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.message.Credentials;
import dev.holdfast.gateway.message.RequestFacts;
import dev.holdfast.gateway.route.RequestPath;
import dev.holdfast.gateway.shared.Kind;
import dev.holdfast.gateway.stream.JournaledStreams;
import dev.holdfast.gateway.stream.SharedIdentity;
import dev.holdfast.gateway.stream.StreamRequest;
import dev.holdfast.gateway.stream.StreamSharing;
import dev.holdfast.gateway.stream.Takeovers;
import dev.holdfast.gateway.upstream.Destination;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Continues the streams that another process began and did not end, as {@link Takeovers} decides:
 * finds their upstream and the credential for it, and writes them on an event loop.
 */
public final class Continuation implements Takeovers.Host, AutoCloseable {
  /** How often streams of gateways that died are looked for. */
  private static final Duration LOOK = Duration.ofMillis(250);

  /** So many streams are read and prepared at a time. */
  private static final int AT_A_TIME = 16;

  private final ServerContext server;
  private final JournaledStreams kept;
  private final StreamStore store;
  private final Supplier<EventLoop> loops;
  private final Takeovers takeovers;

  private final ScheduledExecutorService worker =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("holdfast-continue").factory());

  /** Wait for the journal. */
  private final ExecutorService threads =
      Executors.newFixedThreadPool(AT_A_TIME, Thread.ofVirtual().factory());

  /** What continues the streams that a store found open. */
  public Continuation(ServerContext server, JournaledStreams kept, Supplier<EventLoop> loops) {
    this.server = server;
    this.kept = kept;
    this.store = kept.store();
    this.loops = loops;
    takeovers = new Takeovers(store, this);
    kept.continuedBy(takeovers);
  }

  /** Begins; requests may arrive already. */
  public void start() {
    if (store.isShared()) {
      worker.scheduleWithFixedDelay(
          takeovers::look, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }
    long quarter = store.config().ttl().toMillis() / 4;
    var unused =
        worker.scheduleAtFixedRate(takeovers::touch, quarter, quarter, TimeUnit.MILLISECONDS);
    takeovers.start();
  }

  @Override
  public void close() {
    worker.shutdownNow();
    threads.shutdownNow();
  }

  @Override
  public void execute(Runnable action) {
    try {
      threads.execute(action);
    } catch (RejectedExecutionException e) {
      // The gateway ends; the next process continues.
    }
  }

  @Override
  public void later(Duration delay, Runnable action) {
    try {
      var unused = worker.schedule(() -> execute(action), delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // The gateway ends; the next process continues.
    }
  }

  // ---------------------------------------------------------------- one stream

  @Override
  public Takeovers.@Nullable Heir prepare(
      StreamId id, StreamStore.Stored stored, JournaledStreams.@Nullable Wanted wanted)
      throws Takeovers.NotContinuedException {
    var record = new ExchangeRecord(now(), server.log());
    StreamRequest request = null;
    try {
      request = request(id, stored, wanted, record);
    } catch (Dispatch.RefusedException e) {
      throw new Takeovers.NotContinuedException(e);
    } finally {
      if (request == null) {
        record.conclude(Outcome.REJECTED, "", now());
      }
    }
    return request == null
        ? null
        : new Prepared(id, stored, request, record, identity(id, stored, request));
  }

  /** {@return how identical requests at other gateways find a stream that this one has} */
  private SharedIdentity identity(StreamId id, StreamStore.Stored stored, StreamRequest request) {
    var link = server.shared();
    boolean found =
        link != null
            && link.shares(Kind.IDENTICAL)
            && StreamSharing.isFound(request.settings(), stored.keyed());
    if (link == null || !found) {
      return SharedIdentity.NONE;
    }
    var key = found(id, server.setup().get());
    return new Gate.Identified(link, Dispatch.tenantTag(key), stored.identity());
  }

  /** A stream that an upstream can continue. */
  private final class Prepared implements Takeovers.Heir {
    private final StreamId id;
    private final StreamStore.Stored stored;
    private final StreamRequest request;
    private final ExchangeRecord record;
    private final SharedIdentity identity;
    private final EventLoop loop = loops.get();

    Prepared(
        StreamId id,
        StreamStore.Stored stored,
        StreamRequest request,
        ExchangeRecord record,
        SharedIdentity identity) {
      this.id = id;
      this.identity = identity;
      this.stored = stored;
      this.request = request;
      this.record = record;
    }

    @Override
    public void drop() {
      request.release();
      record.conclude(Outcome.REJECTED, "", now());
    }

    @Override
    public void resume(int epoch, Runnable done) {
      loop.execute(() -> {
        try {
          resume(epoch);
        } catch (RuntimeException e) {
          record.finish(Outcome.FAILED, "defect", now());
          throw e;
        } finally {
          done.run();
        }
      });
    }

    private void resume(int epoch) {
      if (epoch == 0 && store.isShared()) {
        drop(); // Another gateway was faster.
        return;
      }
      server.metrics().began();
      if (epoch == 0) {
        request.release();
        record.finish(Outcome.FAILED, "journal-failed", now());
        return;
      }
      var recording =
          new StreamRecording(store, id, request.dialect(), loop, epoch, stored.tail(), now());
      kept.resume(server.streams(), request, recording, record, stored, identity);
    }
  }

  /** {@return what is sent on; null if it needs a client} */
  private @Nullable StreamRequest request(
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
    return request;
  }

  /** {@return the key whose stream it is; null if it is none of this gateway's} */
  private KeyRing.@Nullable Found found(StreamId id, Setup setup) {
    var tenants = setup.keys().tenants();
    var callers = tenants.stream().map(tenant -> Caller.ofKey(tenant.sha256())).toList();
    var owner = callers.isEmpty() ? null : store.owner(id, callers);
    return owner == null ? null : new KeyRing.Found("", tenants.get(callers.indexOf(owner)));
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

  private long now() {
    return server.streams().clock().getAsLong();
  }
}
