package dev.holdfast.gateway.durable;

import dev.holdfast.gateway.durable.subscription.SubscribedStreams;
import dev.holdfast.gateway.durable.subscription.Subscriptions;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.message.ClientExchange;
import dev.holdfast.gateway.message.ClientResponse;
import dev.holdfast.gateway.route.RequestPath;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Serves the protocol: one exchange for each request. Thread-safe. */
public final class DurableFront implements AutoCloseable {
  /** Where streams are. */
  static final String PREFIX = "/v1/stream/";

  /** Longest body of a request that needs no key. */
  private static final long MAX_OPEN_BODY = 64 << 10;

  /** Longest body about a subscription: the acknowledgement of all of its streams. */
  private static final long MAX_SUBSCRIPTION_BODY = 1 << 20;

  /**
   * One request.
   *
   * @param namespace of its key; empty where there are no keys
   * @param origin whose page may read the response; null for none
   * @param base of the URLs that the client uses, without a path
   * @param maxBody longest body
   */
  public record Request(
      HttpMethod method,
      HttpHeaders headers,
      RequestPath path,
      String namespace,
      @Nullable String origin,
      String base,
      long maxBody) {}

  private final DurableStreams streams;
  private final DurableSettings settings;
  private final LongSupplier clock;
  private final AtomicLong memory = new AtomicLong();
  private final AtomicInteger waiting = new AtomicInteger();
  private final Subscriptions subscriptions;

  /**
   * A front.
   *
   * @param clock nanoseconds, for records
   * @param local whether it is now reached from this machine only, which webhooks may then be sent
   *     to
   */
  public DurableFront(
      DurableStreams streams, DurableSettings settings, LongSupplier clock, BooleanSupplier local) {
    this.streams = streams;
    this.settings = settings;
    this.clock = clock;
    subscriptions =
        new Subscriptions(
            new Named(streams),
            new SubscriptionJournal(streams.journal()),
            streams.millis(),
            local);
    streams.listen(
        new DurableStreams.Listener(
            name -> subscriptions.appended(name.namespace(), relative(name.path())),
            name -> subscriptions.deleted(name.namespace(), relative(name.path()))));
  }

  /** The streams, by their paths without the prefix. */
  private record Named(DurableStreams streams) implements SubscribedStreams {
    private DurableStreams.@Nullable Lookup find(String namespace, String path, boolean use) {
      return streams.find(new StreamName(namespace, PREFIX + path), use);
    }

    @Override
    public String tail(String namespace, String path) {
      return find(namespace, path, false) instanceof DurableStreams.Lookup.Found found
          ? found.log().tail().offset().text()
          : NO_TAIL;
    }

    @Override
    public List<String> paths(String namespace) {
      return streams.paths(namespace).stream().map(DurableFront::relative).toList();
    }

    @Override
    public void append(String namespace, String path, String json) {
      if (find(namespace, path, true) instanceof DurableStreams.Lookup.Found found
          && found.log().isJson()) {
        var data = ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8));
        found.log().append(new StreamLog.Append(data, null, null, false), reply -> {});
      }
    }
  }

  private static String relative(String path) {
    return path.startsWith(PREFIX) ? path.substring(PREFIX.length()) : path;
  }

  Subscriptions subscriptions() {
    return subscriptions;
  }

  /** {@return whether a request has a right of its own, and needs no key} */
  public static boolean isOpen(HttpMethod method, RequestPath path) {
    return SubscriptionRequests.isOpen(method, path.path());
  }

  /** {@return the longest body of a request, of which no front takes more than {@code most}} */
  public static long maxBody(HttpMethod method, RequestPath path, long most) {
    if (method.equals(HttpMethod.OPTIONS)) {
      return 0;
    }
    return SubscriptionRequests.serves(path.path())
        ? Math.min(most, isOpen(method, path) ? MAX_OPEN_BODY : MAX_SUBSCRIPTION_BODY)
        : most;
  }

  /** Ends its threads. */
  @Override
  public void close() {
    subscriptions.close();
  }

  /** {@return whether a path is that of a stream} */
  public static boolean serves(RequestPath path) {
    return path.path().startsWith(PREFIX);
  }

  /** {@return what serves a request, once its body has arrived} */
  public ClientExchange exchange(Request request, ClientResponse client, ExchangeRecord record) {
    return new DurableExchange(this, request, client, record);
  }

  /** {@return bytes of request bodies and pages that are in memory} */
  public long memoryBytes() {
    return memory.get();
  }

  /** {@return reads that wait for what follows} */
  public int waiting() {
    return waiting.get();
  }

  void waits(int change) {
    waiting.addAndGet(change);
  }

  DurableStreams streams() {
    return streams;
  }

  DurableSettings settings() {
    return settings;
  }

  long nowNanos() {
    return clock.getAsLong();
  }

  /** {@return whether so many bytes may be in memory, too; they are released later} */
  boolean claim(long bytes) {
    if (memory.addAndGet(bytes) > settings.memoryBytes()) {
      memory.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  void release(long bytes) {
    memory.addAndGet(-bytes);
  }
}
