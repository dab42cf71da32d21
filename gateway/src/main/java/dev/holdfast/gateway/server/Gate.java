package dev.holdfast.gateway.server;

import dev.holdfast.core.spi.SharedState.Answer;
import dev.holdfast.core.spi.SharedState.Claim;
import dev.holdfast.core.spi.SharedState.Claimed;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.access.Tenant.Admission;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.message.ClientExchange;
import dev.holdfast.gateway.message.Refusal;
import dev.holdfast.gateway.shared.Kind;
import dev.holdfast.gateway.shared.SharedLink;
import dev.holdfast.gateway.stream.RequestIdentity;
import dev.holdfast.gateway.stream.SharedIdentity;
import dev.holdfast.gateway.stream.StreamSharing;
import io.netty.handler.codec.http.HttpContent;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets one request in: by what this gateway has counted itself, or by what all gateways with one
 * Redis share. Then the request waits for one answer, and its event loop does not. Belongs to the
 * event loop of its client.
 */
final class Gate {
  /** What follows a decision; one of its methods is called, once. */
  interface Then {
    /** {@return what serves the request; null if that is settled} */
    @Nullable ClientExchange admitted();

    void refused(Refusal refusal);

    /** The client has left, or the gateway ends; the response and the record are done. */
    void dropped();
  }

  private final ServerContext server;
  private final Client client;
  private final ExchangeRecord record;
  private final Dispatch dispatch;

  Gate(ServerContext server, Client client, ExchangeRecord record, Dispatch dispatch) {
    this.server = server;
    this.client = client;
    this.record = record;
    this.dispatch = dispatch;
  }

  private boolean isLimited(@Nullable SharedLink link) {
    return link != null && link.shares(Kind.LIMITS) && dispatch.isLimited();
  }

  // ---------------------------------------------------------------- requests without a stream

  /** {@return what serves the request meanwhile; null if that is settled} */
  @Nullable ClientExchange pass(Dispatch.Ways ways, Then then) {
    var link = server.shared();
    if (link == null || !isLimited(link)) {
      return admit(ways, null, then);
    }
    String name = link.name();
    if (!link.isReachable()) {
      return alone(link, ways, name, then);
    }
    var waiting = new Waiting(then::dropped);
    client.serve(waiting);
    link.arrive(
        dispatch.arrival(ways, name, null),
        answer ->
            onLoop(() -> {
              if (waiting.isOver()) {
                giveBack(link, name, answer);
                return;
              }
              var next = passed(link, ways, name, answer, then);
              waiting.handOver(next);
            }));
    return waiting;
  }

  private @Nullable ClientExchange passed(
      SharedLink link, Dispatch.Ways ways, String name, @Nullable Answer answer, Then then) {
    return switch (answer) {
      case null -> alone(link, ways, name, then);
      case Answer.Refused refused -> {
        then.refused(refusal(refused));
        yield null;
      }
      case Answer.Admitted admitted -> {
        dispatch.granted(ways, link, name);
        yield then.admitted();
      }
      case Answer.Joins joins -> throw new IllegalStateException("answer: must not join");
    };
  }

  private static Refusal refusal(Answer.Refused refused) {
    long seconds = Math.max(1, (refused.retryAfter().toMillis() + 999) / 1000);
    return Refusals.limited(new Admission.Refused(refused.limit(), refused.allowed(), seconds));
  }

  /** Redis does not answer: the policy decides. */
  private @Nullable ClientExchange alone(
      SharedLink link, Dispatch.Ways ways, String name, Then then) {
    if (link.refuses(Kind.LIMITS)) {
      then.refused(Refusals.away(Kind.LIMITS.id()));
      return null;
    }
    return admit(ways, name, then);
  }

  private @Nullable ClientExchange admit(Dispatch.Ways ways, @Nullable String name, Then then) {
    try {
      dispatch.admit(ways, name);
    } catch (Dispatch.RefusedException e) {
      then.refused(e.refusal());
      return null;
    }
    return then.admitted();
  }

  private void giveBack(SharedLink link, String name, @Nullable Answer answer) {
    if (answer instanceof Answer.Admitted) {
      link.settle(dispatch.tenantTag(), name, 0);
    }
  }

  private void onLoop(Runnable action) {
    try {
      client.loop().execute(action);
    } catch (RejectedExecutionException e) {
      // The gateway has ended, and the connection with it.
    }
  }

  // ---------------------------------------------------------------- requests for streams

  /**
   * {@return what gateways share about a request for a stream that is kept; null if nothing is}
   *
   * @param found whether identical requests are to find its stream
   * @param replaces whether it takes the place of an identical request
   * @param refuse answers the client
   */
  @Nullable StreamSharing sharing(
      Dispatch.Ways ways,
      RequestIdentity identity,
      boolean found,
      boolean replaces,
      Duration keep,
      Consumer<Refusal> refuse) {
    var link = server.shared();
    boolean claims = link != null && found && link.shares(Kind.IDENTICAL);
    return link == null || (!claims && !isLimited(link))
        ? null
        : new Shared(link, ways, identity, claims, replaces, keep, refuse);
  }

  /** The identity of one request, as gateways share it. */
  record Identified(SharedLink link, String tenant, String identity) implements SharedIdentity {
    @Override
    public void claim(StreamId stream, Claimed how, Duration kept) {
      link.claim(tenant, identity, stream, how, kept);
    }

    @Override
    public void leave(StreamId stream) {
      link.leave(tenant, identity, stream);
    }
  }

  private final class Shared implements StreamSharing {
    private final SharedLink link;
    private final Dispatch.Ways ways;
    private final RequestIdentity identity;
    private final boolean claims;
    private final boolean replaces;
    private final Duration keep;
    private final Consumer<Refusal> refuse;
    private final boolean limited;
    private final SharedIdentity identified;
    private @Nullable Waiting waiting;

    Shared(
        SharedLink link,
        Dispatch.Ways ways,
        RequestIdentity identity,
        boolean claims,
        boolean replaces,
        Duration keep,
        Consumer<Refusal> refuse) {
      this.link = link;
      this.replaces = replaces;
      identified =
          claims
              ? new Identified(link, dispatch.tenantTag(), identity.hash())
              : SharedIdentity.NONE;
      this.ways = ways;
      this.identity = identity;
      this.claims = claims;
      this.keep = keep;
      this.refuse = refuse;
      limited = isLimited(link);
    }

    @Override
    public void ask(StreamId own, @Nullable StreamId instead, StreamSharing.Asked then) {
      if (!link.isReachable()) {
        decide(null, "", own, then);
        return;
      }
      var there = waiting == null ? new Waiting(then::ended) : waiting;
      waiting = there;
      client.serve(there);
      String name = limited ? link.name() : "";
      var claim = claims ? new Claim(identity.hash(), own, instead, keep, replaces) : null;
      link.arrive(
          dispatch.arrival(ways, name, claim),
          answer ->
              onLoop(() -> {
                if (there.isOver()) {
                  giveBack(link, name, answer);
                  if (claim != null && answer instanceof Answer.Admitted) {
                    claim(own, Claimed.DROPPED, keep);
                  }
                } else {
                  decide(answer, name, own, then);
                }
              }));
    }

    private void decide(
        @Nullable Answer answer, String name, StreamId own, StreamSharing.Asked then) {
      switch (answer) {
        case null -> {
          Kind closed = closed();
          if (closed == null) {
            then.alone();
          } else {
            refuse.accept(Refusals.away(closed.id()));
            then.ended();
          }
        }
        case Answer.Admitted admitted -> {
          if (limited) {
            dispatch.granted(ways, link, name);
            then.admitted(admitted.replaced());
          } else {
            admitHere(own, admitted.replaced(), then);
          }
        }
        case Answer.Joins(StreamId id) -> then.joins(id);
        case Answer.Refused refused -> {
          refuse.accept(refusal(refused));
          then.ended();
        }
      }
    }

    /** Limits are this gateway's own, or there are none. */
    private void admitHere(StreamId own, @Nullable StreamId replaced, StreamSharing.Asked then) {
      try {
        dispatch.admit(ways, null);
      } catch (Dispatch.RefusedException e) {
        claim(own, Claimed.DROPPED, keep);
        refuse.accept(e.refusal());
        then.ended();
        return;
      }
      then.admitted(replaced);
    }

    /** {@return the kind whose policy refuses the request while Redis is away} */
    private @Nullable Kind closed() {
      if (limited && link.refuses(Kind.LIMITS)) {
        return Kind.LIMITS;
      }
      return claims && identity.explicit() && link.refuses(Kind.IDENTICAL) ? Kind.IDENTICAL : null;
    }

    @Override
    public boolean isGone() {
      return waiting != null && waiting.isOver();
    }

    @Override
    public void claim(StreamId stream, Claimed how, Duration kept) {
      identified.claim(stream, how, kept);
    }

    @Override
    public void leave(StreamId stream) {
      identified.leave(stream);
    }
  }

  // ---------------------------------------------------------------- meanwhile

  /** Serves a request while it waits for an answer. */
  private final class Waiting implements ClientExchange {
    private final Runnable dropped;
    private final ArrayDeque<HttpContent> held = new ArrayDeque<>();
    private boolean over;

    Waiting(Runnable dropped) {
      this.dropped = dropped;
    }

    boolean isOver() {
      return over;
    }

    /** What came of the body meanwhile goes to what serves the request now. */
    void handOver(@Nullable ClientExchange next) {
      over = true;
      if (next != null) {
        client.serve(next);
      }
      for (var part = held.poll(); part != null; part = held.poll()) {
        try {
          if (next != null) {
            next.content(part);
          }
        } finally {
          part.release();
        }
      }
    }

    @Override
    public void content(HttpContent content) {
      if (!over) {
        held.add(content.retain());
      }
    }

    @Override
    public void clientGone() {
      if (!over) {
        end();
        record.finish(Outcome.CLIENT_GONE, "cancelled", now());
      }
    }

    @Override
    public void shutDown() {
      if (!over) {
        end();
        var refusal = Refusals.shuttingDown();
        record.status(refusal.status());
        record.finish(Outcome.REJECTED, refusal.code(), now());
        client.refuseAndClose(refusal);
      }
    }

    private void end() {
      handOver(null);
      dropped.run();
    }

    @Override
    public void writability() {
      // Nothing is written yet.
    }

    private long now() {
      return server.streams().clock().getAsLong();
    }
  }
}
