package dev.holdfast.gateway.stream;

import dev.holdfast.gateway.config.ClientGone;
import dev.holdfast.gateway.config.Identical;
import dev.holdfast.gateway.config.MemoryLimits;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.message.ClientExchange;
import dev.holdfast.gateway.message.ClientResponse;
import dev.holdfast.gateway.message.SharedRedactors;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The streams that are open, as far as others must find them: identical requests, and the end of
 * the gateway. Also what streams keep in memory. Thread-safe.
 */
public final class OpenStreams {
  /** Names of models come from clients: what is learnt of them is bounded. */
  private static final int MAX_REFUSING = 1_000;

  private final MemoryLimits limits;
  private final ByteBudget requests;
  private final ByteBudget answers;
  private final SharedRedactors redactors = new SharedRedactors();
  private final Map<String, StreamSession> byIdentity = new ConcurrentHashMap<>();
  private final Set<String> refusesUsage = ConcurrentHashMap.newKeySet();
  private final Set<StreamSession> unattended = ConcurrentHashMap.newKeySet();
  private final Set<StreamSession> recorded = ConcurrentHashMap.newKeySet();

  /** No streams. */
  public OpenStreams(MemoryLimits limits) {
    this.limits = limits;
    requests = new ByteBudget(limits.requests());
    answers = new ByteBudget(limits.answers());
  }

  /** {@return what is kept of requests} */
  public ByteBudget requests() {
    return requests;
  }

  /** {@return what is kept of answers} */
  public ByteBudget answers() {
    return answers;
  }

  /** {@return redactors by what they remove} */
  SharedRedactors redactors() {
    return redactors;
  }

  /** {@return whether an upstream is not known to refuse requests that ask for tokens} */
  boolean takesUsageAsk(String upstream, String model) {
    return !refusesUsage.contains(upstream + "\n" + model);
  }

  /** An upstream refused a request that asks for tokens, and took the same one that does not. */
  void refusesUsageAsk(String upstream, String model) {
    if (refusesUsage.size() < MAX_REFUSING) {
      refusesUsage.add(upstream + "\n" + model);
    }
  }

  /** {@return streams that run on after their client has left} */
  public int unattendedCount() {
    return unattended.size();
  }

  /**
   * Begins a stream, or attaches the client to one that is open.
   *
   * @param identity is asked only where identical requests matter
   * @param serve receives what serves the client
   */
  public void begin(
      StreamContext context,
      StreamRequest request,
      Supplier<RequestIdentity> identity,
      ClientResponse client,
      ExchangeRecord record,
      Consumer<? super ClientExchange> serve) {
    var delivery = request.settings().delivery();
    boolean detaches = delivery.clientGone() instanceof ClientGone.Detach;
    boolean never = delivery.identical() == Identical.OFF || delivery.identical() == Identical.AUTO;
    if (never && !detaches) {
      start(context, request, null, null, client, record, serve);
      return;
    }
    var id = identity.get();
    boolean keeps = detaches || delivery.identical() == Identical.ATTACH;
    Runnable alone =
        () ->
            start(
                context,
                request,
                id.hash(),
                keeps ? new KeptAnswer(answers, limits.oneAnswer()) : null,
                client,
                record,
                serve);
    var open = byIdentity.get(id.hash());
    long age = open == null ? 0 : context.clock().getAsLong() - open.beganNanos();
    boolean timely = id.explicit() || age <= delivery.identicalWindow().toNanos();
    if (open == null || (!timely && !open.isUnattended())) {
      alone.run();
    } else if (delivery.identical() == Identical.REPLACE) {
      open.loop().execute(open::replaced);
      alone.run();
    } else if (delivery.identical() == Identical.ATTACH || open.isUnattended()) {
      attach(context, request, open, client, record, serve, alone);
    } else {
      alone.run();
    }
  }

  /** Begins a stream that nothing can attach to. */
  void alone(
      StreamContext context,
      StreamRequest request,
      ClientResponse client,
      ExchangeRecord record,
      Consumer<? super ClientExchange> serve) {
    start(context, request, null, null, client, record, serve);
  }

  private void attach(
      StreamContext context,
      StreamRequest request,
      StreamSession open,
      ClientResponse client,
      ExchangeRecord record,
      Consumer<? super ClientExchange> serve,
      Runnable alone) {
    record.stream(request.model());
    var follower =
        new AttachedClient(
            client,
            record,
            context.clock(),
            open.loop(),
            open::left,
            alone,
            request::release,
            2 * limits.oneAnswer());
    serve.accept(follower);
    open.loop().execute(() -> open.attach(follower));
  }

  private void start(
      StreamContext context,
      StreamRequest request,
      @Nullable String identity,
      @Nullable KeptAnswer kept,
      ClientResponse client,
      ExchangeRecord record,
      Consumer<? super ClientExchange> serve) {
    StreamSession session;
    try {
      session = new StreamSession(context, request, client, record, kept, identity);
    } catch (RuntimeException e) {
      request.release();
      throw e;
    }
    if (identity != null) {
      byIdentity.put(identity, session);
    }
    serve.accept(session);
    session.begin();
  }

  void unattended(StreamSession session) {
    unattended.add(session);
  }

  void attended(StreamSession session) {
    unattended.remove(session);
  }

  /** A stream that is kept in the journal. */
  void recorded(StreamSession session) {
    recorded.add(session);
  }

  /** A stream is over, and nothing of it is kept. */
  void over(StreamSession session, @Nullable String identity) {
    unattended.remove(session);
    recorded.remove(session);
    if (identity != null) {
      byIdentity.remove(identity, session);
    }
  }

  /**
   * Ends all streams that no connection ends: those whose clients have left, and those that are
   * written to the journal, where they stay open.
   */
  public void endUnattended() {
    var all = new HashSet<>(unattended);
    all.addAll(recorded);
    all.forEach(session -> session.loop().execute(session::shutDown));
  }
}
