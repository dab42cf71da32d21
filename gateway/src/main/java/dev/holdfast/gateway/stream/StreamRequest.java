package dev.holdfast.gateway.stream;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.engine.StreamPlan;
import dev.holdfast.core.guard.SecretNames;
import dev.holdfast.core.policy.FailoverPolicy;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.relay.Front;
import dev.holdfast.core.relay.KeepAlive;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.gateway.config.StreamSettings;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.journal.Frames;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.message.RequestFacts;
import dev.holdfast.gateway.route.ClientProtocol;
import dev.holdfast.gateway.route.SessionHash;
import dev.holdfast.gateway.upstream.Destination;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A client's request for a stream, and the upstreams that it may be sent to. */
public final class StreamRequest {
  static final String RETRIES = "x-stainless-retry-count";
  private static final int MOST_RETRIES = 1000;

  private final ChatDialect dialect;
  private final RequestFacts facts;
  private final List<StreamTarget> targets;
  private final StreamSettings settings;
  private final KeptRequest body;
  private final boolean recovers;
  private final StreamPlan plan;
  private String mark = "";

  private StreamRequest(
      ChatDialect dialect,
      ClientProtocol front,
      HttpHeaders headers,
      List<Destination> destinations,
      RequestFacts facts,
      StreamSettings settings,
      OpenStreams open) {
    this.dialect = dialect;
    this.facts = facts;
    this.settings = settings;
    byte[] base = destinations.getFirst().body();
    this.body = new KeptRequest(base, open.requests());
    boolean asks =
        dialect.id().equals(Dialects.OPENAI_CHAT)
            && !facts.usageAsked()
            && settings.delivery().asksForUsage();
    this.targets =
        destinations.stream()
            .map(there ->
                new StreamTarget(
                    there,
                    dialect,
                    front,
                    body,
                    base,
                    asks && open.takesUsageAsk(there.config().name(), there.model())))
            .toList();
    var policy = settings.policy(targets.getFirst().profile());
    this.recovers = body.keep();
    if (!recovers) {
      policy = policy.withRetry(RetryPolicy.NONE).withFailover(FailoverPolicy.DEFAULT);
    }
    this.plan =
        new StreamPlan(
            targets.stream().map(StreamTarget::plan).toList(),
            recovers
                ? policy.withRetry(policy.retry().withSenderRetries(retries(headers)))
                : policy,
            open.redactors().of(secrets(headers, targets)));
  }

  /**
   * {@return the request; null if its protocol cannot read it, so that the upstream must judge it}
   *
   * @param headers the client's
   * @param destinations the upstreams, best first
   * @param facts with the model as the client names it
   * @param open counts what is kept of the body
   */
  public static @Nullable StreamRequest of(
      ClientProtocol front,
      HttpHeaders headers,
      List<Destination> destinations,
      RequestFacts facts,
      StreamSettings settings,
      OpenStreams open) {
    String id = front.dialect();
    if (id == null || (front.family() == UpstreamConfig.Family.GOOGLE && facts.model().isEmpty())) {
      return null;
    }
    try {
      return new StreamRequest(
          Dialects.relayed(id), front, headers, destinations, facts, settings, open);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  static int retries(HttpHeaders headers) {
    String count = headers.get(RETRIES);
    if (count == null) {
      return 0;
    }
    return count.matches("\\d{1,3}") ? Math.min(Integer.parseInt(count), MOST_RETRIES) : 0;
  }

  /** What the client, or the gateway, sends to be let in, which no error may repeat. */
  private static List<String> secrets(HttpHeaders headers, List<StreamTarget> targets) {
    var secrets = new ArrayList<String>();
    collect(headers, secrets);
    for (var target : targets) {
      collect(target.headers(), secrets);
      String address = target.address();
      int query = address.indexOf('?');
      for (String pair : query < 0 ? new String[0] : address.substring(query + 1).split("&", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0 && !SecretNames.isHarmlessParameter(pair.substring(0, equals))) {
          secrets.add(pair.substring(equals + 1));
        }
      }
    }
    return secrets.stream().distinct().toList();
  }

  private static void collect(HttpHeaders headers, List<String> secrets) {
    headers.forEach(header -> {
      if (SecretNames.isCredential(header.getKey())) {
        String content = header.getValue();
        secrets.add(
            content.regionMatches(true, 0, "bearer ", 0, 7) ? content.substring(7) : content);
      }
    });
  }

  /** Marks its answer: why the journal does not keep it. */
  void mark(String why) {
    mark = why;
  }

  /** {@return why the journal does not keep it; empty where it does, or there is none} */
  String mark() {
    return mark;
  }

  /** Notes what the upstreams are known to be, by the attempts of a stream. */
  void recognised(Ending ending) {
    for (var attempt : ending.attempts()) {
      for (var target : targets) {
        if (!attempt.profile().isEmpty() && target.config().name().equals(attempt.upstream())) {
          target.state().recognised(attempt.profile());
        }
      }
    }
  }

  /** Notes what a later request may quote, and only the upstream that wrote it can read. */
  void note(StreamEvent event, ExchangeRecord record) {
    if (targets.size() == 1) {
      return;
    }
    if (event instanceof StreamEvent.Started started && !started.responseId().isEmpty()) {
      record.state(SessionHash.of(started.responseId()));
    } else if (event instanceof StreamEvent.ToolCallSigned signed) {
      record.state(SessionHash.of(signed.signature()));
    }
  }

  /** {@return whether its body is kept, so that it can be asked for again} */
  boolean recovers() {
    return recovers;
  }

  /** {@return the length of the client's body, in bytes} */
  long length() {
    return body.length();
  }

  /** The first request is on its way. */
  void opened() {
    targets.forEach(StreamTarget::opened);
  }

  /** A request was sent whole: the upstream has answered, or has failed. */
  void sent() {
    body.sent();
  }

  /** The stream is over: nothing of its body is needed. */
  public void release() {
    body.release();
  }

  StreamPlan plan() {
    return plan;
  }

  /** {@return one of its upstreams, by its index in the plan} */
  StreamTarget target(int upstream) {
    return targets.get(upstream);
  }

  /** {@return all upstreams, best first} */
  List<StreamTarget> targets() {
    return targets;
  }

  /** {@return what is decided about this stream} */
  public StreamSettings settings() {
    return settings;
  }

  /** {@return the form of signs of life that its client can read} */
  KeepAlive keepAlive() {
    var form = settings.delivery().keepAlive();
    // The SDKs that name themselves so read by lines; some end an event at each blank line, and
    // Quarkus' LangChain4j loses what came with such an event.
    var sent = targets.getFirst().headers();
    boolean readsLines =
        sent.contains("x-stainless-lang")
            || sent.get(HttpHeaderNames.USER_AGENT, "").startsWith("langchain4j-");
    return form == KeepAlive.AUTO && readsLines ? KeepAlive.LINE : form;
  }

  /** {@return the protocol of its answer} */
  public String dialect() {
    return dialect.id();
  }

  /** {@return the model as the client names it; empty if the request names none} */
  public String model() {
    return facts.model();
  }

  /** {@return what the client gets; {@code draw} makes the id where no upstream sends one} */
  Front front(long draw, long createdSeconds) {
    String id = prefix() + HexFormat.of().toHexDigits(draw);
    return new Front(
            dialect.id(), new AnswerHead(id, facts.model(), createdSeconds, facts.usageAsked()))
        .withHeldOpening(true)
        .withHiddenUsage(targets.stream().anyMatch(StreamTarget::asksForUsage))
        .withRepair(targets.stream().anyMatch(target -> target.config().repair()));
  }

  private String prefix() {
    return switch (dialect.id()) {
      case Dialects.ANTHROPIC_MESSAGES -> "msg_";
      case Dialects.OPENAI_RESPONSES -> "resp_";
      default -> "chatcmpl-";
    };
  }

  String contentType() {
    return Frames.contentType(dialect.id());
  }

  List<StreamObserver.Target> observed() {
    return targets.stream().map(StreamTarget::observed).toList();
  }
}
