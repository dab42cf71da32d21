package dev.holdfast.gateway.durable.subscription;

import dev.holdfast.core.json.Json;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Wakes workers when streams have something new: by a webhook, or by an event in a stream. One
 * worker of a subscription is awake at a time, under a lease; each wake has a generation, and
 * acknowledgements of an older one are refused. Thread-safe.
 */
public final class Subscriptions implements AutoCloseable {
  /** Subscriptions of one gateway. */
  private static final int MAX = 1_000;

  private static final long TOKEN_SECONDS = 3_600;
  private static final long LONGEST_RETRY_MILLIS = 60_000;

  /** After a wake that was not stored. */
  private static final long RETRY_MILLIS = 1_000;

  private record Key(String namespace, String id) {}

  private final SubscribedStreams streams;
  private final SubscriptionStore store;
  private final LongSupplier millis;
  private final BooleanSupplier localWebhooks;
  private final byte[] secret = new byte[32];
  private final WebhookSigner signer = new WebhookSigner();
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Key, Subscription> subscriptions = new HashMap<>();
  private final Set<Key> changed = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("holdfast-subscriptions").factory());
  private final Deliveries deliveries;
  private volatile boolean any;

  /**
   * The subscriptions of a store.
   *
   * @param millis the time since 1970
   * @param localWebhooks whether webhooks may now be sent to this machine
   */
  public Subscriptions(
      SubscribedStreams streams,
      SubscriptionStore store,
      LongSupplier millis,
      BooleanSupplier localWebhooks) {
    this.streams = streams;
    this.store = store;
    this.millis = millis;
    this.localWebhooks = localWebhooks;
    deliveries = new Deliveries(signer, millis, localWebhooks);
    new SecureRandom().nextBytes(secret);
    for (var saved : store.load()) {
      var read = Subscription.read(saved);
      if (read != null) {
        subscriptions.put(new Key(read.namespace, read.config.id()), read);
      }
    }
    any = !subscriptions.isEmpty();
    if (any) {
      timer.execute(() -> locked(() -> subscriptions.values().forEach(this::wakeIfPending)));
    }
  }

  private void locked(Runnable task) {
    lock.lock();
    try {
      task.run();
    } finally {
      lock.unlock();
    }
  }

  // ---------------------------------------------------------------- streams

  /** A stream has a new append. Returns at once. */
  public void appended(String namespace, String path) {
    var key = new Key(namespace, path);
    if (any && changed.add(key)) {
      run(() -> {
        changed.remove(key);
        locked(() -> onAppend(namespace, path));
      });
    }
  }

  private void onAppend(String namespace, String path) {
    for (var subscription : List.copyOf(subscriptions.values())) {
      if (!subscription.namespace.equals(namespace)) {
        continue;
      }
      boolean room = subscription.links.size() < SubscriptionConfig.MAX_STREAMS;
      if (subscription.matches(path) && (room || subscription.links.containsKey(path))) {
        subscription.link(path, false, "-1");
      }
      if (subscription.isPending(path, streams)) {
        wakeIfPending(subscription);
      }
    }
  }

  /** A stream was deleted. Returns at once. */
  public void deleted(String namespace, String path) {
    if (any) {
      run(() ->
          locked(() ->
              subscriptions.values().stream()
                  .filter(it -> it.namespace.equals(namespace))
                  .forEach(it -> it.links.remove(path))));
    }
  }

  private void run(Runnable task) {
    try {
      timer.execute(task);
    } catch (RejectedExecutionException e) {
      // It is being closed.
    }
  }

  // ---------------------------------------------------------------- requests

  /** {@return the public keys by which webhooks are checked} */
  public SubscriptionReply keys() {
    var reply = SubscriptionReply.of(200, signer.keys());
    return new SubscriptionReply(200, reply.body(), "application/jwk-set+json", "");
  }

  /**
   * Makes a subscription, or confirms that it is there.
   *
   * @param base of the URLs that the client uses
   */
  public SubscriptionReply create(String namespace, String id, String body, String base) {
    SubscriptionConfig config;
    try {
      config = SubscriptionConfig.of(id, object(body));
    } catch (IllegalArgumentException e) {
      return invalid(e);
    }
    String hook = config.webhook();
    String complaint =
        hook == null ? null : WebhookTarget.complaint(hook, localWebhooks.getAsBoolean());
    if (complaint != null) {
      return SubscriptionReply.refused(400, "WEBHOOK_URL_REJECTED", complaint);
    }
    lock.lock();
    try {
      var there = subscriptions.get(new Key(namespace, id));
      if (there != null) {
        return there.config.equals(config)
            ? SubscriptionReply.of(200, there.shown(signer))
            : SubscriptionReply.refused(
                409, "SUBSCRIPTION_ALREADY_EXISTS", "subscription: must be as it exists");
      }
      if (subscriptions.size() >= MAX) {
        return SubscriptionReply.refused(
            429, "TOO_MANY_SUBSCRIPTIONS", "subscriptions: must be at most " + MAX);
      }
      String now = Instant.ofEpochMilli(millis.getAsLong()).toString();
      var made = new Subscription(namespace, config, now, base);
      config.streams().forEach(path -> made.link(path, true, streams.tail(namespace, path)));
      for (String path : streams.paths(namespace)) {
        if (made.matches(path) && made.links.size() < SubscriptionConfig.MAX_STREAMS) {
          made.link(path, false, streams.tail(namespace, path));
        }
      }
      any = true;
      save(made);
      subscriptions.put(new Key(namespace, id), made);
      return SubscriptionReply.of(201, made.shown(signer));
    } finally {
      lock.unlock();
    }
  }

  /** {@return a subscription} */
  public SubscriptionReply show(String namespace, String id) {
    return with(namespace, id, it -> SubscriptionReply.of(200, it.shown(signer)));
  }

  /** Removes a subscription. */
  public SubscriptionReply remove(String namespace, String id) {
    locked(() -> {
      var removed = subscriptions.get(new Key(namespace, id));
      if (removed != null) {
        store.remove(namespace, id); // Else it would be back after a restart.
        subscriptions.remove(new Key(namespace, id));
        removed.sleep();
        Subscription.stop(removed.retry);
      }
    });
    return SubscriptionReply.empty();
  }

  /** Adds streams by name. */
  public SubscriptionReply add(String namespace, String id, String body) {
    List<String> paths;
    try {
      paths = SubscriptionConfig.streams(object(body));
      SubscriptionConfig.check(!paths.isEmpty(), "streams: must be there");
    } catch (IllegalArgumentException e) {
      return invalid(e);
    }
    return with(
        namespace,
        id,
        it -> {
          if (it.links.size() + paths.size() > SubscriptionConfig.MAX_STREAMS) {
            return SubscriptionReply.refused(
                400, "INVALID_REQUEST", "streams: must be at most 1,000");
          }
          paths.forEach(path -> it.link(path, true, streams.tail(namespace, path)));
          save(it);
          return SubscriptionReply.empty();
        });
  }

  /** Takes a stream away that was added by name. */
  public SubscriptionReply removeStream(String namespace, String id, String path) {
    String trimmed = SubscriptionConfig.trimmed(path);
    return with(
        namespace,
        id,
        it -> {
          var link = it.links.get(trimmed);
          if (link != null) {
            link.explicit = false;
            if (!link.byPattern) {
              it.links.remove(trimmed);
            }
            save(it);
          }
          return SubscriptionReply.empty();
        });
  }

  /** Takes the lease for a worker. */
  public SubscriptionReply claim(String namespace, String id, String body) {
    String worker;
    try {
      worker = object(body).text("worker");
      SubscriptionConfig.check(!worker.isEmpty(), "worker: must be there");
      SubscriptionConfig.check(worker.length() <= 256, "worker: must have at most 256 characters");
    } catch (IllegalArgumentException e) {
      return invalid(e);
    }
    return with(namespace, id, it -> claimed(it, worker));
  }

  private SubscriptionReply claimed(Subscription it, String worker) {
    if (it.config.webhook() != null) {
      return SubscriptionReply.refused(400, "INVALID_REQUEST", "type: must be pull-wake");
    }
    String holder = it.holder;
    if (holder != null) {
      return SubscriptionReply.refused(
          409,
          "ALREADY_CLAIMED",
          "subscription: must be free, was claimed",
          Map.of("current_holder", new Json.Str(holder), "generation", Json.of(it.generation)));
    }
    String pending = it.firstPending(streams);
    if (pending == null) {
      return SubscriptionReply.refused(
          409, "NO_PENDING_WORK", "subscription: must have something new, had nothing");
    }
    if (it.wake == null) {
      wake(it, pending);
    }
    it.holder = worker;
    extend(it);
    var members = new LinkedHashMap<String, Json>();
    SubscriptionConfig.put(members, "wake_id", it.wake);
    members.put("generation", Json.of(it.generation));
    members.put("token", new Json.Str(token(it)));
    members.put("streams", it.streams(streams));
    members.put("lease_ttl_ms", Json.of(it.config.leaseMillis()));
    return SubscriptionReply.of(200, Json.object(members));
  }

  /**
   * Acknowledges what was read, and with {@code done} ends the wake.
   *
   * @param token as the worker received it; it names the subscription
   * @param webhook whether the worker was woken by a webhook
   */
  public SubscriptionReply acknowledge(String id, String token, String body, boolean webhook) {
    return woken(
        id,
        token,
        body,
        (it, request) -> {
          if (webhook != (it.config.webhook() != null)) {
            return SubscriptionReply.refused(400, "INVALID_REQUEST", "type: must be another one");
          }
          var refusal = it.acknowledge(request, streams);
          if (refusal != null) {
            return refusal;
          }
          boolean next = false;
          if (request.get("done") instanceof Json.Bool(boolean done) && done) {
            it.sleep();
            next = wakeIfPending(it);
          } else {
            extend(it);
          }
          save(it);
          var members = new LinkedHashMap<String, Json>();
          members.put("ok", new Json.Bool(true));
          members.put("next_wake", new Json.Bool(next));
          return SubscriptionReply.of(200, Json.object(members));
        });
  }

  /** Gives the lease back. */
  public SubscriptionReply release(String id, String token, String body) {
    return woken(
        id,
        token,
        body,
        (it, request) -> {
          it.sleep();
          if (!wakeIfPending(it)) {
            save(it); // A wake stores it, too.
          }
          return SubscriptionReply.empty();
        });
  }

  private SubscriptionReply woken(
      String id,
      String text,
      String body,
      BiFunction<Subscription, Json.Obj, SubscriptionReply> then) {
    Json.Obj request;
    try {
      request = object(body);
    } catch (IllegalArgumentException e) {
      return invalid(e);
    }
    var token = WakeToken.parse(text, secret);
    if (token == null || !token.id().equals(id)) {
      return SubscriptionReply.refused(401, "TOKEN_INVALID", "token: must be of this wake");
    }
    if (token.expiresSeconds() < millis.getAsLong() / 1_000) {
      return SubscriptionReply.refused(401, "TOKEN_EXPIRED", "token: must not be expired, was");
    }
    return with(
        token.namespace(),
        id,
        it ->
            token.generation() != it.generation
                    || request.number("generation", -1) != it.generation
                    || it.wake == null
                    || !request.text("wake_id").equals(it.wake)
                ? SubscriptionReply.refused(409, "FENCED", "generation: must be the newest one")
                : then.apply(it, request));
  }

  private SubscriptionReply with(
      String namespace, String id, Function<Subscription, SubscriptionReply> then) {
    lock.lock();
    try {
      var there = subscriptions.get(new Key(namespace, id));
      return there == null
          ? SubscriptionReply.refused(
              404, "SUBSCRIPTION_NOT_FOUND", "subscription: must exist, was unknown")
          : then.apply(there);
    } finally {
      lock.unlock();
    }
  }

  private static Json.Obj object(String body) {
    try {
      if (Json.parse(body.isEmpty() ? "{}" : body) instanceof Json.Obj object) {
        return object;
      }
    } catch (Json.MalformedException e) {
      // Refused below.
    }
    throw new IllegalArgumentException("body: must be an object of JSON");
  }

  private static SubscriptionReply invalid(IllegalArgumentException e) {
    return SubscriptionReply.refused(400, "INVALID_REQUEST", String.valueOf(e.getMessage()));
  }

  private void save(Subscription it) {
    store.save(new SubscriptionStore.Saved(it.namespace, it.config.id(), it.saved()));
  }

  // ---------------------------------------------------------------- wakes

  private boolean wakeIfPending(Subscription it) {
    String pending = it.wake == null && it.holder == null ? it.firstPending(streams) : null;
    if (pending == null) {
      return false;
    }
    try {
      wake(it, pending);
      return true;
    } catch (RuntimeException e) {
      // Others must be woken all the same.
      Subscription.stop(it.retry);
      it.retry =
          later(
              () ->
                  locked(() -> {
                    if (isThere(it)) {
                      wakeIfPending(it);
                    }
                  }),
              RETRY_MILLIS);
      return false;
    }
  }

  private void wake(Subscription it, String path) {
    it.generation++;
    byte[] id = new byte[12];
    new SecureRandom().nextBytes(id);
    it.wake = "w_" + HexFormat.of().formatHex(id);
    it.snapshot.clear();
    it.links.keySet().forEach(each -> it.snapshot.put(each, streams.tail(it.namespace, each)));
    try {
      save(it);
    } catch (RuntimeException e) {
      it.sleep(); // Its generation is never used again.
      throw e;
    }
    String wakeStream = it.config.wakeStream();
    if (it.config.webhook() != null) {
      extend(it);
      deliver(it);
    } else if (wakeStream != null) {
      var event = new LinkedHashMap<String, Json>();
      event.put("type", new Json.Str("wake"));
      event.put("subscription_id", new Json.Str(it.config.id()));
      event.put("stream", new Json.Str(path));
      event.put("generation", Json.of(it.generation));
      event.put("ts", Json.of(millis.getAsLong()));
      streams.append(it.namespace, wakeStream, JsonWriter.text(Json.object(event)));
    }
  }

  private String token(Subscription it) {
    long expires = millis.getAsLong() / 1_000 + TOKEN_SECONDS;
    return new WakeToken(it.namespace, it.config.id(), it.generation, expires).text(secret);
  }

  /** Gives what was woken the whole lease from now on; after it others are woken. */
  private void extend(Subscription it) {
    Subscription.stop(it.lease);
    long generation = it.generation;
    it.lease =
        later(
            () ->
                locked(() -> {
                  if (it.generation == generation && isThere(it)) {
                    it.sleep();
                    wakeIfPending(it);
                  }
                }),
            it.config.leaseMillis());
  }

  private @Nullable Future<?> later(Runnable task, long delayMillis) {
    try {
      return timer.schedule(task, delayMillis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      return null; // It is being closed.
    }
  }

  private boolean isThere(Subscription it) {
    return subscriptions.get(new Key(it.namespace, it.config.id())) == it;
  }

  /**
   * Sends a webhook. A subscription has one under way: a receiver that takes longer than its lease
   * gets the newest wake after it, and none of those between.
   */
  private void deliver(Subscription it) {
    locked(() -> {
      if (!it.delivering) {
        it.delivering = true;
        deliveries.submit(
            () -> message(it), (sent, answer) -> locked(() -> sent(it, sent.generation(), answer)));
      }
    });
  }

  /** {@return what is sent now; null if nothing is} Its receiver has the whole lease. */
  private Deliveries.@Nullable Message message(Subscription it) {
    lock.lock();
    try {
      String url = it.config.webhook();
      if (it.wake == null || !isThere(it) || url == null) {
        it.delivering = false;
        return null;
      }
      extend(it);
      var members = new LinkedHashMap<String, Json>();
      members.put("subscription_id", new Json.Str(it.config.id()));
      members.put("wake_id", new Json.Str(it.wake));
      members.put("generation", Json.of(it.generation));
      members.put("streams", it.streams(streams));
      String path = "/v1/stream/__ds/subscriptions/" + it.config.id() + "/callback";
      members.put("callback_url", new Json.Str(it.base + path));
      members.put("callback_token", new Json.Str(token(it)));
      return new Deliveries.Message(url, JsonWriter.text(Json.object(members)), it.generation);
    } finally {
      lock.unlock();
    }
  }

  private void sent(Subscription it, long generation, @Nullable String answer) {
    it.delivering = false;
    if (answer == null) {
      failed(it, generation);
    } else {
      delivered(it, generation, answer);
    }
    if (it.generation != generation && it.wake != null && isThere(it)) {
      deliver(it);
    }
  }

  private void delivered(Subscription it, long generation, String answer) {
    it.failures = 0;
    if (Webhooks.isDone(answer) && it.generation == generation && it.wake != null) {
      it.snapshot.forEach((path, tail) -> {
        var link = it.links.get(path);
        if (link != null) {
          link.acked = tail;
        }
      });
      it.sleep();
      try {
        if (!wakeIfPending(it)) {
          save(it); // A wake stores it, too.
        }
      } catch (IllegalStateException e) {
        // After a restart its receiver is woken again for what it has seen.
      }
    }
  }

  private void failed(Subscription it, long generation) {
    if (it.generation != generation || !isThere(it)) {
      return;
    }
    it.failures++;
    long delay = Math.min(1_000L << Math.min(it.failures - 1, 6), LONGEST_RETRY_MILLIS);
    long jitter = ThreadLocalRandom.current().nextLong(-delay / 5, delay / 5);
    Subscription.stop(it.retry);
    it.retry = later(() -> deliver(it), delay + jitter);
  }

  /** Ends its threads; leases and wakes are forgotten, and made anew at the next start. */
  @Override
  public void close() {
    timer.shutdownNow();
    deliveries.close();
  }
}
