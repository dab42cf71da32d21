package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.SharedState;
import dev.holdfast.core.spi.StreamId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What gateways share, in the Redis of their journal: a script per operation, on the journal's
 * connection. All keys of one tenant have one hash tag, so that a request is decided by one script,
 * in a Redis Cluster too.
 */
final class RedisSharedState implements SharedState {
  private static final int HELD_AT_A_TIME = 500;

  /** As many as a gateway keeps of which upstream wrote what. */
  private static final int MOST_ORIGINS = 50_000;

  /** What was used while Redis was away, of so many requests. */
  private static final int MOST_SETTLED = 100_000;

  private final RedisContext context;
  private final AtomicReference<Runnable> onNews = new AtomicReference<>(() -> {});

  /** What this process has reserved, and renews. */
  private final Map<Held, Long> reservations = new ConcurrentHashMap<>();

  /** The identities of streams that this process writes, and renews. */
  private final Map<Held, Claim> claims = new ConcurrentHashMap<>();

  /** What was used, until Redis has it. */
  private final Map<Held, Long> settled = new ConcurrentHashMap<>();

  /** A reservation that is renewed is not settled before the renewal was answered. */
  private final ReentrantLock sending = new ReentrantLock();

  /** Done once all renewals that were sent are answered; guarded by the lock. */
  private CompletableFuture<?> renewed = CompletableFuture.completedFuture(null);

  /** The last call of each identity, until it and those before it are answered. */
  private final Map<Held, CompletableFuture<?>> unanswered = new ConcurrentHashMap<>();

  private volatile String lastOrigin = "0";

  /** A name within a tenant. */
  private record Held(String tenant, String name) {}

  RedisSharedState(RedisContext context) {
    this.context = context;
  }

  void start() {
    context.clockwork.every(context.options.lease.dividedBy(3), this::renew);
    context.link.subscribe(context.keys.newsChannel());
  }

  /** Another process has changed something. */
  void changed(String sender) {
    if (!sender.equals(context.sender)) {
      onNews.get().run();
    }
  }

  private byte[] lease() {
    return RedisContext.number(context.options.lease.toMillis());
  }

  // ---------------------------------------------------------------- requests

  @Override
  public CompletionStage<Answer> arrive(Arrival arrival) {
    var claim = arrival.claim();
    var answer = run(arrival);
    if (claim != null) {
      var unused = follows(new Held(arrival.tenant(), claim.identity()), answer);
    }
    return answer.thenApply(reply -> answer(arrival, reply));
  }

  private CompletionStage<Reply> run(Arrival arrival) {
    var claim = arrival.claim();
    String reservation = arrival.reservation().isEmpty() ? "" : named(arrival.reservation());
    var quota = arrival.quota();
    return context.link.run(
        Script.ARRIVE,
        context.keys.tenant(arrival.tenant(), claim == null ? "" : claim.identity()),
        lease(),
        Keys.bytes(reservation),
        RedisContext.number(arrival.tokens()),
        RedisContext.number(quota.requestsPerMinute()),
        RedisContext.number(quota.concurrent()),
        RedisContext.number(quota.tokensPerMinute()),
        RedisContext.number(quota.tokensPerDay()),
        Keys.bytes(arrival.forced() ? "1" : "0"),
        Keys.bytes(claim == null ? "" : claim.stream().toString()),
        Keys.bytes(claim == null || claim.instead() == null ? "" : claim.instead().toString()),
        RedisContext.number(claim == null ? 0 : claim.keep().toMillis()),
        Keys.bytes(claim != null && claim.replaces() ? "1" : "0"));
  }

  /** Names of several processes must differ. */
  private String named(String reservation) {
    return context.sender + "-" + reservation;
  }

  private Answer answer(Arrival arrival, Reply reply) {
    if (reply.is("JOINS")) {
      return new Answer.Joins(StreamId.parse(reply.text(1)));
    }
    if (reply.is("REFUSED")) {
      return new Answer.Refused(
          reply.text(1), reply.number(2), Duration.ofMillis(Math.max(1, reply.number(3))));
    }
    var claim = arrival.claim();
    if (!arrival.reservation().isEmpty()) {
      var held = new Held(arrival.tenant(), named(arrival.reservation()));
      reservations.put(held, arrival.tokens());
      if (settled.containsKey(held)) {
        reservations.remove(held); // It was given up before Redis answered.
      }
    }
    if (claim != null) {
      claims.put(new Held(arrival.tenant(), claim.identity()), claim);
    }
    String replaced = reply.text(1);
    return new Answer.Admitted(replaced.isEmpty() ? null : StreamId.parse(replaced));
  }

  @Override
  public void settle(String tenant, String reservation, long used) {
    var held = new Held(tenant, named(reservation));
    if (settled.size() < MOST_SETTLED) {
      settled.put(held, used);
    }
    CompletableFuture<?> before;
    sending.lock();
    try {
      reservations.remove(held);
      before = renewed;
    } finally {
      sending.unlock();
    }
    // A renewal that is sent again, as Redis had lost its script, would reserve anew.
    var unused = before.whenComplete((done, thrown) -> settle(held, used));
  }

  private void settle(Held held, long used) {
    // Until it is answered it may be sent again: the script marks what it has counted.
    var unused =
        context
            .link
            .run(
                Script.SETTLE,
                context.keys.settlement(held.tenant(), held.name()),
                Keys.bytes(held.name()),
                RedisContext.number(used))
            .thenAccept(reply -> settled.remove(held, used));
  }

  // ---------------------------------------------------------------- identities

  @Override
  public void claim(String tenant, Claim claim, Claimed how) {
    var held = new Held(tenant, claim.identity());
    switch (how) {
      // Another stream of this process may have taken the identity since.
      case OPEN ->
          claims.compute(
              held,
              (name, there) ->
                  there == null || there.stream().equals(claim.stream()) ? claim : there);
      case ANSWERING, KEPT -> {}
      case DROPPED ->
          claims.computeIfPresent(
              held, (name, there) -> there.stream().equals(claim.stream()) ? null : there);
    }
    inOrder(
        held,
        () ->
            context.link.run(
                Script.CLAIM,
                context.keys.tenant(tenant, claim.identity()),
                Keys.bytes(claim.stream().toString()),
                Keys.bytes(how.name()),
                lease(),
                RedisContext.number(claim.keep().toMillis())));
  }

  /** Sends a call of an identity once those before it are answered. */
  private void inOrder(Held identity, Supplier<CompletionStage<Reply>> call) {
    var answer = new CompletableFuture<Reply>();
    var before = follows(identity, answer);
    var unused =
        before.whenComplete((done, thrown) -> {
          var unusedReply =
              call.get().whenComplete((reply, failure) -> answer.complete(new Reply(List.of())));
        });
  }

  /** {@return what is done once the calls of an identity before this one are answered} */
  private CompletableFuture<?> follows(Held identity, CompletionStage<Reply> answer) {
    var all = new CompletableFuture<Void>();
    var there = unanswered.put(identity, all);
    var before = there == null ? CompletableFuture.completedFuture(null) : there;
    var unused =
        answer
            .handle((reply, thrown) -> identity)
            .toCompletableFuture()
            .runAfterBoth(
                before,
                () -> {
                  unanswered.remove(identity, all);
                  all.complete(null);
                });
    return before;
  }

  @Override
  public void leave(String tenant, String identity, StreamId stream) {
    claims.computeIfPresent(
        new Held(tenant, identity), (name, there) -> there.stream().equals(stream) ? null : there);
  }

  // ---------------------------------------------------------------- leases

  private void renew() {
    try {
      settled.forEach(this::settle);
      var held = new HashMap<String, List<Map.Entry<Held, Long>>>();
      reservations.entrySet().forEach(entry -> add(held, entry.getKey().tenant(), entry));
      var named = new HashMap<String, List<Map.Entry<Held, Claim>>>();
      claims.entrySet().forEach(entry -> add(named, entry.getKey().tenant(), entry));
      held.forEach((tenant, all) -> each(all, some -> hold(tenant, some, List.of())));
      named.forEach((tenant, all) -> each(all, some -> hold(tenant, List.of(), some)));
    } catch (RuntimeException e) {
      // Redis cannot be reached: the next time may do it.
    }
  }

  private static <T> void add(Map<String, List<T>> by, String tenant, T entry) {
    by.computeIfAbsent(tenant, key -> new ArrayList<>()).add(entry);
  }

  private static <T> void each(List<T> all, Consumer<List<T>> part) {
    for (int from = 0; from < all.size(); from += HELD_AT_A_TIME) {
      part.accept(all.subList(from, Math.min(from + HELD_AT_A_TIME, all.size())));
    }
  }

  private void hold(
      String tenant, List<Map.Entry<Held, Long>> held, List<Map.Entry<Held, Claim>> named) {
    sending.lock();
    try {
      var open = held.stream().filter(entry -> reservations.containsKey(entry.getKey())).toList();
      var answer = send(tenant, open, named).handle((reply, thrown) -> tenant);
      renewed = CompletableFuture.allOf(renewed, answer.toCompletableFuture());
    } finally {
      sending.unlock();
    }
  }

  private CompletionStage<Reply> send(
      String tenant, List<Map.Entry<Held, Long>> held, List<Map.Entry<Held, Claim>> named) {
    var arguments = new ArrayList<byte[]>();
    arguments.add(lease());
    arguments.add(RedisContext.number(held.size()));
    held.forEach(entry -> {
      arguments.add(Keys.bytes(entry.getKey().name()));
      arguments.add(RedisContext.number(entry.getValue()));
    });
    var identities = new ArrayList<String>();
    named.forEach(entry -> {
      identities.add(entry.getKey().name());
      arguments.add(Keys.bytes(entry.getValue().stream().toString()));
      arguments.add(RedisContext.number(entry.getValue().keep().toMillis()));
    });
    return context.link.run(
        Script.HOLD,
        context.keys.tenant(tenant, identities.toArray(new String[0])),
        arguments.toArray(new byte[0][]));
  }

  // ---------------------------------------------------------------- upstreams

  @Override
  public CompletionStage<News> exchange(
      List<UpstreamChange> upstreams, List<Origin> origins, int budgetTenths) {
    var arguments = new ArrayList<byte[]>();
    arguments.add(Keys.bytes(lastOrigin));
    arguments.add(RedisContext.number(MOST_ORIGINS));
    arguments.add(Keys.bytes(context.keys.newsChannel()));
    arguments.add(Keys.bytes(context.sender));
    arguments.add(RedisContext.number(budgetTenths));
    arguments.add(RedisContext.number(origins.size()));
    for (var origin : origins) {
      arguments.add(RedisContext.number(origin.state()));
      arguments.add(Keys.bytes(origin.upstream()));
    }
    for (var upstream : upstreams) {
      arguments.add(Keys.bytes(upstream.upstream()));
      arguments.add(RedisContext.number(upstream.budget()));
      var circuit = upstream.circuit();
      arguments.add(Keys.bytes(circuit == null ? "" : circuit ? "1" : "0"));
      arguments.add(RedisContext.number(upstream.pause().toMillis()));
    }
    return context
        .link
        .run(Script.EXCHANGE, context.keys.news(), arguments.toArray(new byte[0][]))
        .thenApply(this::news);
  }

  private News news(Reply reply) {
    lastOrigin = reply.text(0);
    int count = (int) reply.number(1);
    int at = 2;
    var upstreams = new ArrayList<UpstreamStanding>();
    for (int i = 0; i < count; i++, at += 5) {
      upstreams.add(
          new UpstreamStanding(
              reply.text(at),
              (int) reply.number(at + 1),
              reply.text(at + 2).equals("1"),
              Duration.ofMillis(reply.number(at + 3)),
              reply.number(at + 4)));
    }
    var origins = new ArrayList<Origin>();
    for (; at + 1 < reply.size(); at += 2) {
      origins.add(new Origin(reply.number(at), reply.text(at + 1)));
    }
    return new News(upstreams, origins);
  }

  @Override
  public void onNews(Runnable listener) {
    onNews.set(listener);
  }
}
